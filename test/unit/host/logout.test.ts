import assert from "node:assert/strict";
import { test } from "node:test";
import { type LogoutFacts, outlivingStart } from "../../../src/host/logout.ts";

const manager = { kind: "systemd", scope: "user" } as const;
const here: LogoutFacts = {
  uid: 1000,
  cgroup: manager,
  systemdRun: "/usr/bin/systemd-run",
  systemd: true,
  lingers: true,
};

test("without systemd nothing ends a session's processes", () => {
  assert.deepEqual(outlivingStart({ ...here, systemd: false, lingers: false }), { prefix: [], note: null });
});

test("root's go into a scope of the system, a lingering user's into one of their own manager", () => {
  const [root, user] = [outlivingStart({ ...here, uid: 0, lingers: false }), outlivingStart(here)];
  assert.deepEqual(root.prefix.slice(0, 3), ["/usr/bin/systemd-run", "--system", "--scope"]);
  assert.deepEqual(user.prefix.slice(0, 3), ["/usr/bin/systemd-run", "--user", "--scope"]);
  assert.deepEqual([root.note, user.note], [null, null]);
});

test("a user who does not linger is told how to, and one whose manager is silent that it may end", () => {
  const short = outlivingStart({ ...here, lingers: false });
  assert.deepEqual(short.prefix, []);
  assert.match(short.note ?? "", /may end when you log out; `loginctl enable-linger`/);
  const silent = outlivingStart({ ...here, cgroup: { kind: "none", why: "no bus" } });
  assert.match(silent.note ?? "", /may end when you log out/);
});
