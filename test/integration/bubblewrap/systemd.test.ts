import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { removeGroupFolder } from "../../../src/backends/bubblewrap/cgroup.ts";
import { ordinaryUser, programPath, skipWithout } from "../../support/needs.ts";

const SYSTEMD = "/lib/systemd/systemd";
const TREES = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"];

/** On a machine that systemd has booted the contract runs with it anyway; elsewhere a manager is started for one user. */
function unfit(): string | false {
  if (existsSync("/run/systemd/system")) return "systemd runs here: every other test uses it";
  if (!existsSync(SYSTEMD) || programPath("systemd-run") === null) return "systemd is not installed";
  const usable = TREES.every((tree) => {
    try {
      accessSync(join(tree, "cgroup.procs"), constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
  return usable ? false : "no control group tree to give to a service manager";
}

/** Its own /run says that systemd runs; then the tests, as the user whose manager it is. */
const SCRIPT = `
set -e
mount --make-rprivate / && mount -t tmpfs run /run
mkdir -p /run/systemd/system "/run/user/$1" && chown "$1:$2" "/run/user/$1" && chmod 700 "/run/user/$1"
for tree in ${TREES.join(" ")}; do echo 0 >"$tree/$3/cgroup.procs"; done
as() { setpriv --reuid "$1" --regid "$2" --clear-groups env -i PATH=/usr/bin:/bin HOME="$4" TMPDIR="$4" NODE_COMPILE_CACHE="$4/compiled" XDG_RUNTIME_DIR="/run/user/$1" BOT_BOTTLE_REQUIRE=bubblewrap sh -c "$5" sh "$6" "$7"; }
(exec >/dev/null 2>&1; as "$1" "$2" "$3" "$4" 'exec ${SYSTEMD} --user') &
tries=0; until [ -S "/run/user/$1/systemd/private" ]; do tries=$((tries + 1)); [ $tries -lt 100 ]; sleep 0.1; done
as "$1" "$2" "$3" "$4" 'exec "$1" "$2"' "$5" "$7"
as "$1" "$2" "$3" "$4" 'exec "$1" --test --test-reporter=spec "$2"' "$5" "$6" || code=$?
[ -z "$(ls "/run/user/$1/systemd/user.control" 2>/dev/null)" ] || { echo 'limits of a slice are left' >&2; exit 9; }
exit "\${code:-0}"
`;

test("with systemd: an ordinary user's bottle lives in a slice, and the whole contract holds", {
  skip: unfit() || skipWithout("bubblewrap", "perl", "ordinary-user"),
}, async () => {
  const { uid, gid } = ordinaryUser();
  const top = mkdtempSync(join(tmpdir(), "systemd-"));
  const name = `bot-bottle-test-${process.pid}`;
  const folders = TREES.map((tree) => join(tree, name));
  try {
    chmodSync(top, 0o755);
    const node = join(top, "node");
    try {
      linkSync(process.execPath, node);
    } catch {
      copyFileSync(process.execPath, node);
    }
    const home = join(top, "home");
    mkdirSync(home);
    chownSync(home, uid, gid);
    for (const folder of folders) {
      mkdirSync(folder);
      for (const path of [folder, join(folder, "cgroup.procs")]) chownSync(path, uid, gid);
    }
    for (const file of ["cgroup.subtree_control", "cgroup.threads"]) {
      if (existsSync(join(folders[1] ?? "", file))) chownSync(join(folders[1] ?? "", file), uid, gid);
    }
    const script = join(top, "run.sh");
    writeFileSync(script, SCRIPT);
    const tests = join(import.meta.dirname, "../../contract/bubblewrap.test.ts");
    const facts = join(top, "facts.ts");
    writeFileSync(
      facts,
      `import { gatherFacts } from "${join(import.meta.dirname, "../../../src/host/facts.ts")}"; console.log(JSON.stringify(gatherFacts().cgroup));`,
    );
    const args = ["-m", "sh", script, String(uid), String(gid), name, home, node, tests, facts];
    const { status, stdout, stderr } = spawnSync("unshare", args, {
      encoding: "utf8",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      // The whole contract: half a minute alone, and what a busy machine takes.
      timeout: 480_000,
    });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^\{"kind":"systemd","scope":"user"\}$/m);
    assert.match(stdout, /ℹ pass [1-9]/);
  } finally {
    for (const folder of folders) await removeGroups(folder);
    rmSync(top, { recursive: true, force: true });
  }
});

/** The manager's groups are left below ours, empty but for what is still ending. */
async function removeGroups(folder: string): Promise<void> {
  const listed = spawnSync("find", [folder, "-depth", "-type", "d"], { encoding: "utf8" }).stdout.trim();
  for (const path of listed.split("\n").filter(Boolean)) {
    const left = readFileSync(join(path, "cgroup.procs"), "utf8").split("\n").filter(Boolean);
    for (const pid of left) process.kill(Number(pid), "SIGKILL");
    await removeGroupFolder(path, 5000);
  }
}
