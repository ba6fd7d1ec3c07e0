/** Whose a command of the FAKE smolvm is, by release, source of the machine and accounts of its files. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { whose } from "../../support/smolvm/identity.ts";
import { has } from "../../support/smolvm/quirks.ts";

const root = mkdtempSync(join(tmpdir(), "accounts-"));
after(() => rmSync(root, { recursive: true }));
mkdirSync(join(root, "etc"));
writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/root:/bin/sh\nagent:x:1000:1001::/home/agent:/bin/sh\n");
writeFileSync(join(root, "etc/group"), "root:x:0:\nmore:x:7:agent\n");

const RELEASES = ["0.8.0", "1.0.2", "1.2.5", "1.3.0", "1.5.1", "1.6.1", "1.9.3"];
/** The uid of a command. */
function uid(version: string, kind: string, joins: boolean, spec = "agent"): number {
  return whose(version, { config: { User: spec }, env: [], volumes: [], source: { kind } }, root, joins).user.uid;
}

test("a command of a machine made from a pack is root's on every release", () => {
  for (const version of RELEASES) {
    assert.ok(has(version, "pack-root"));
    for (const joins of [false, true]) assert.equal(uid(version, "pack", joins), 0, version);
  }
});

test("a fresh container is the image's user's: of a registry's from the first, of a saved one since 1.3.0", () => {
  assert.deepEqual(
    RELEASES.map((version) => uid(version, "registry", false)),
    RELEASES.map(() => 1000),
  );
  assert.deepEqual(
    RELEASES.map((version) => uid(version, "saved", false)),
    [0, 0, 0, 1000, 1000, 1000, 1000],
  );
});

test("who joins a container is root below 1.6.0, and the image's user since", () => {
  for (const kind of ["registry", "saved"]) {
    assert.deepEqual(
      RELEASES.map((version) => uid(version, kind, true)),
      [0, 0, 0, 0, 0, 1000, 1000],
    );
  }
  // A name was not understood there in the first release that had it.
  assert.throws(() => uid("1.6.0", "saved", true), /invalid USERSPEC/);
  assert.equal(uid("1.6.0", "saved", true, "1000"), 1000);
});

test("USER and GROUP are names or numbers, as the machine's own accounts have them", () => {
  const identity = (spec: string) => {
    const { user, home } = whose("1.9.3", { config: { User: spec }, env: [], volumes: [] }, root, false);
    return [user.uid, user.gid, user.additionalGids, home];
  };
  assert.deepEqual(identity("agent"), [1000, 1001, [7], "/home/agent"]);
  assert.deepEqual(identity("1000"), [1000, 1001, [7], "/home/agent"]);
  assert.deepEqual(identity("agent:more"), [1000, 7, [], "/home/agent"]);
  assert.deepEqual(identity("1000:5"), [1000, 5, [7], "/home/agent"]);
  assert.deepEqual(identity("4000"), [4000, 0, [], null]);
  assert.deepEqual(identity(""), [0, 0, [], "/root"]);
  for (const spec of ["nobody-here", "agent:none", ":7", "agent:", "a:b:c"]) assert.throws(() => identity(spec), spec);
});
