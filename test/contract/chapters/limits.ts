import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../../support/operator.ts";
import type { Chapter } from "../clause.ts";

const MIB = 2 ** 20;
const limits = { memoryBytes: 128 * MIB, cpus: 0.5, pids: 40, tmpBytes: 16 * MIB };
const plan = () => ({ limits });

export const LIMITS: Chapter = {
  title: "the limits of a bottle",
  confined: true,
  clauses: [
    {
      id: "limits-tmp",
      title: "row 154: /tmp, /dev/shm and the like end at their size; no core dumps",
      run: async ({ contender, open }) => {
        const { sh } = await open({ plan });
        for (const folder of ["/tmp", "/dev/shm", ...Object.keys(contender.writable)]) {
          // Message queues are made by calls of their own.
          if ((await sh(`stat -f -c %T ${folder}`)) === "mqueue\n") continue;
          const fill = `head -c ${64 * MIB} /dev/zero >${folder}/fill 2>/dev/null; stat -c %s ${folder}/fill; rm ${folder}/fill`;
          assert.equal(await sh(fill), `${16 * MIB}\n`, folder);
        }
        assert.equal(await sh("ulimit -Hc; ulimit -c"), "0\n0\n");
      },
    },
    {
      id: "limits-memory",
      title: "row 154: a command over the limit of memory is killed, and the bottle runs on",
      needs: ["cgroup"],
      run: async ({ open }) => {
        const { bottle, sh } = await open({ plan });
        const hungry = await bottle.exec({
          argv: ["/usr/bin/perl", "-e", `my $x = "x" x ${400 * MIB}; print length $x`],
        });
        assert.equal(hungry.code, 137);
        assert.equal(await sh("echo alive"), "alive\n");
      },
    },
    {
      id: "limits-memory-together",
      title: "row 154: commands that run at once share one limit of memory",
      needs: ["cgroup"],
      run: async ({ open }) => {
        const { bottle, sh } = await open({ plan });
        const argv = ["/usr/bin/perl", "-e", `my $x = "x" x ${80 * MIB}; sleep 20`];
        const first = await Promise.race([bottle.exec({ argv }), bottle.exec({ argv })]);
        assert.equal(first.code, 137);
        assert.equal(await sh("echo alive"), "alive\n");
      },
    },
    {
      id: "limits-processes",
      title: "row 154: processes end at their number, for every command together; a full bottle is stopped and goes on",
      needs: ["cgroup"],
      run: async ({ contender, open }) => {
        const { bottle, sh, folders } = await open({ plan });
        const home = contender.homeOf?.(folders.home) ?? folders.home;
        const bomb = bottle.exec({
          argv: [
            "/usr/bin/perl",
            "-e",
            `$SIG{TERM} = "IGNORE"; $| = 1; my $n = 0;
             while (1) { my $p = fork(); if (defined $p) { if (!$p) { sleep 60; exit } $n++ } else { open my $f, ">", "$ENV{HOME}/full"; print $f $n; close $f; sleep 60 } }`,
          ],
        });
        bomb.catch(() => undefined);
        // No further command gets in now, so the host looks.
        await eventually("the bottle is full", () => existsSync(join(home, "full")));
        await bottle.stop(100);
        await bomb.catch(() => undefined);
        assert.equal(await bottle.status(), "running");
        const made = Number(await sh("cat ~/full"));
        assert.ok(made > 5 && made < limits.pids + contender.spareProcesses, `forked ${made}`);
      },
    },
  ],
};
