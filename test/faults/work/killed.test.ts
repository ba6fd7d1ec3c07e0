import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { programPath, skipWithout } from "../../support/needs.ts";
import { WorkBench } from "../../support/work/work-bench.ts";

const CHILD = fileURLToPath(new URL("killed-child.ts", import.meta.url));

/**
 * A git that kills whoever called it, at the Nth moment: before and after each call that changes something in the
 * operator's repository.
 */
const WRAPPER = (folder: string) => `#!/bin/sh
moment() {
  n=$(($(cat ${folder}/count) + 1))
  echo $n >${folder}/count
  if [ $n = "$(cat ${folder}/at)" ]; then kill -9 $PPID; exit 137; fi
}
case "$1 $*" in
  -C*index-pack*|-C*update-ref*|-C*read-tree*|-C*--refresh*|-C*--index-info*) changes=$([ -n "$GIT_INDEX_FILE" ] || echo yes) ;;
esac
case "$*" in *read-tree*) [ "$1" != -C ] || changes=yes ;; esac
[ -z "$changes" ] || moment
${programPath("git")} "$@"
code=$?
[ -z "$changes" ] || moment
exit $code
`;

test("killed at any moment, apply loses nothing, and the same call made again completes it", {
  skip: skipWithout("git"),
}, async () => {
  using bench = new WorkBench();
  bench.commit(bench.host, { "a.txt": "a\n", "b.txt": "b\n", "gone.txt": "gone\n", "dirty.txt": "d\n" }, "first");
  bench.write(bench.host, { "dirty.txt": "at the start\n" });
  await bench.begin();
  const mine = bench.commit(bench.host, { "mine.txt": "mine\n", "dirty.txt": "d\n" }, "mine");
  bench.write(bench.host, { "dirty.txt": "at the start\n", "draft.txt": "draft\n" });
  bench.commit(bench.inside, { "a.txt": "1\n", "gone.txt": null }, "one");
  bench.commit(bench.inside, { "new/n.txt": "2\n" }, "two");
  bench.write(bench.inside, { "b.txt": "uncommitted\n", "dirty.txt": "at the start, and on\n", "u.txt": "u\n" });

  const kept = `${bench.folder}.kept`;
  const wrapper = `${bench.folder}.git`;
  cpSync(bench.folder, kept, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  const moments: number[] = [];
  try {
    for (let at = 1; ; at++) {
      rmSync(bench.folder, { recursive: true });
      cpSync(kept, bench.folder, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
      writeFileSync(join(bench.folder, "count"), "0");
      writeFileSync(join(bench.folder, "at"), String(at));
      writeFileSync(wrapper, WRAPPER(bench.folder));
      chmodSync(wrapper, 0o755);
      const child = spawnSync(process.execPath, [CHILD, bench.folder, wrapper], { encoding: "utf8" });
      if (child.signal === null) {
        assert.equal(child.status, 0, child.stderr);
        break;
      }
      assert.equal(child.signal, "SIGKILL");
      moments.push(at);
      bench.git(bench.host, "fsck", "--connectivity-only");
      assert.equal(existsSync(join(bench.host, ".git/index.lock")), false);
      const head = bench.git(bench.host, "rev-parse", "HEAD");
      assert.ok(
        head === mine || bench.git(bench.host, "rev-parse", "HEAD~2") === mine,
        "HEAD is the old or the new one",
      );
      assert.equal(bench.read("draft.txt"), "draft\n");
      assert.match(bench.read("dirty.txt") ?? "", /^at the start/);
      const again = await new WorkBench({ adopt: bench.folder }).apply();
      assert.equal(again.code, 0, `killed at moment ${at}: ${again.said}`);
      assert.deepEqual(
        readdirSync(bench.paths.folder).filter((name) => name.startsWith("quarantine")),
        [],
      );
      landed(bench, mine);
    }
    landed(bench, mine);
  } finally {
    rmSync(kept, { recursive: true, force: true });
    rmSync(wrapper, { force: true });
  }
  // Objects, pin, files, index, HEAD, stat data.
  assert.equal(moments.length, 12);
});

function landed(bench: WorkBench, mine: string): void {
  assert.equal(bench.git(bench.host, "log", "--format=%s"), "two\none\nmine\nfirst");
  assert.equal(bench.git(bench.host, "rev-parse", "HEAD~2"), mine);
  assert.equal(bench.status(), " M b.txt\n M dirty.txt\n?? draft.txt\n?? u.txt");
  assert.deepEqual(
    ["a.txt", "b.txt", "gone.txt", "dirty.txt", "new/n.txt", "u.txt"].map((name) => bench.read(name)),
    ["1\n", "uncommitted\n", null, "at the start, and on\n", "2\n", "u\n"],
  );
}
