import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Handle } from "../../src/backends/bubblewrap/bottle.ts";
import { loadBackend } from "../../src/backends/builtins.ts";
import { skipWithout } from "../support/needs.ts";
import { openTestBottle } from "../support/test-bottle.ts";

const MIB = 2 ** 20;
const limits = { memoryBytes: 128 * MIB, cpus: 0.5, pids: 40, tmpBytes: 16 * MIB };

describe("from inside, the limits", { skip: skipWithout("bubblewrap", "perl") }, () => {
  test("row 154: /tmp and /dev/shm end at their size; nothing else of tmpfs can be filled; no core dumps", async () => {
    const b = await openTestBottle(await loadBackend("bubblewrap"), { plan: () => ({ limits }) });
    try {
      for (const folder of ["/tmp", "/dev/shm"]) {
        const out = await b.sh(
          `head -c ${64 * MIB} /dev/zero >${folder}/fill 2>/dev/null; stat -c %s ${folder}/fill; rm ${folder}/fill`,
        );
        assert.equal(out, `${16 * MIB}\n`, folder);
      }
      assert.equal(
        await b.sh("for d in / /dev /run /var /etc /home /opt; do (: >$d/x) 2>/dev/null && echo $d; done; true"),
        "",
      );
      assert.equal(await b.sh("ulimit -Hc; ulimit -c"), "0\n0\n");
      assert.equal(await b.sh("cat /proc/self/oom_score_adj"), "500\n");
    } finally {
      await b.dispose();
    }
  });

  test("row 154: memory, processes and cpu are limited for every exec together", {
    skip: skipWithout("cgroup"),
  }, async () => {
    const b = await openTestBottle(await loadBackend("bubblewrap"), { plan: () => ({ limits }) });
    const { group } = (b.bottle.handle as unknown as Handle).entry;
    assert.ok(group.kind === "v1" || group.kind === "v2", `control groups here: ${group.kind}`);
    const read = (name: string) => {
      const folder = group.folders.find((path) => existsSync(join(path, name)));
      return folder === undefined ? null : readFileSync(join(folder, name), "utf8").trim();
    };
    try {
      const hungry = await b.bottle.exec({
        argv: ["/usr/bin/perl", "-e", `my $x = "x" x ${400 * MIB}; print length $x`],
      });
      assert.equal(hungry.code, 137);
      const forks = await b.bottle.exec({
        argv: [
          "/usr/bin/perl",
          "-e",
          "my $n = 0; while ($n < 500) { my $p = fork(); last unless defined $p; if (!$p) { sleep 30; exit } $n++ } print $n; kill 9 => -1",
        ],
      });
      const made = Number(forks.stdout.toString());
      assert.ok(made > 5 && made < limits.pids, `forked ${made}`);
      assert.equal(read("cpu.cfs_quota_us") ?? read("cpu.max"), group.kind === "v1" ? "50000" : "50000 100000");
      assert.equal(read("pids.max"), "40");
    } finally {
      await b.dispose();
    }
    for (const folder of group.folders) assert.ok(!existsSync(folder), folder);
  });

  test("row 154: without control groups, memory and processes of all execs together are measured and ended", async () => {
    const facts = { cgroup: { kind: "none", why: "for this test" } } as const;
    const b = await openTestBottle(await loadBackend("bubblewrap"), { plan: () => ({ limits }), facts });
    try {
      const small = b.bottle.exec({ argv: ["/bin/sleep", "30"] });
      const hungry = (mib: number) =>
        b.bottle.exec({ argv: ["/usr/bin/perl", "-e", `my $x = "x" x ${mib * MIB}; sleep 30`] }, { timeoutMs: 25_000 });
      // Neither is over by itself; the larger one goes.
      const [one, two] = [hungry(50), hungry(60)];
      assert.equal((await two).code, 137);
      const forks = await b.bottle.exec(
        { argv: ["/usr/bin/perl", "-e", "for (1..100) { fork() // last or do { sleep 30; exit } } sleep 30"] },
        { timeoutMs: 25_000 },
      );
      assert.deepEqual([forks.code, (await one).code, (await small).code], [137, 137, 137]);
      assert.equal(await b.sh("echo free"), "free\n");
    } finally {
      await b.dispose();
    }
  });

  test("row 154: a bottle full of processes is still stopped and closed", { skip: skipWithout("cgroup") }, async () => {
    const b = await openTestBottle(await loadBackend("bubblewrap"), { plan: () => ({ limits }) });
    try {
      const bomb = b.bottle.exec({
        argv: [
          "/usr/bin/perl",
          "-e",
          "$SIG{TERM} = 'IGNORE'; while (1) { my $p = fork(); select undef, undef, undef, 0.01 unless defined $p }",
        ],
      });
      bomb.catch(() => {});
      const full = () => {
        const { group } = (b.bottle.handle as unknown as Handle).entry;
        const folder =
          group.kind === "none" || group.kind === "systemd"
            ? ""
            : (group.folders.find((path) => existsSync(join(path, "pids.current"))) ?? "");
        return Number(readFileSync(join(folder, "pids.current"), "utf8")) >= limits.pids;
      };
      const deadline = Date.now() + 10_000;
      while (!full()) {
        assert.ok(Date.now() < deadline);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await b.bottle.stop(100);
      await bomb.catch(() => {});
      assert.equal(await b.bottle.status(), "running");
      assert.equal(await b.sh("echo free"), "free\n");
    } finally {
      await b.dispose();
    }
  });
});
