import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { run } from "../../../src/host/exec.ts";
import { eventually } from "../../support/operator.ts";
import { onTerminal } from "../../support/operator-terminal.ts";
import { rejectsWith } from "../../support/rejection.ts";
import type { Chapter } from "../clause.ts";

const sh = (script: string, ...args: readonly string[]) => ({ argv: ["/bin/bash", "-c", script, "bash", ...args] });
const MIB = 2 ** 20;

export const EXEC: Chapter = {
  title: "a command that is run inside",
  clauses: [
    {
      id: "exec-streams",
      title: "part 3: stdout, stderr and code are separate and exact",
      run: async ({ shared }) => {
        const { bottle } = await shared();
        const result = await bottle.exec(sh("echo out; echo err >&2; exit 42"));
        assert.deepEqual([result.code, result.stdout.toString(), result.stderr.toString()], [42, "out\n", "err\n"]);
      },
    },
    {
      id: "exec-codes",
      title: "part 4: every exit code comes out as it is, and 128+n for a signal",
      run: async ({ shared }) => {
        const { bottle } = await shared();
        // 125 to 127 are also what engines and shells say for themselves.
        for (const code of [0, 1, 2, 124, 125, 126, 127, 128, 255]) {
          assert.equal((await bottle.exec(sh(`exit ${code}`))).code, code);
        }
        const signals = { HUP: 129, INT: 130, KILL: 137, SEGV: 139, TERM: 143 };
        for (const [signal, code] of Object.entries(signals)) {
          assert.equal((await bottle.exec(sh(`kill -${signal} $$`))).code, code, signal);
        }
      },
    },
    {
      id: "exec-missing",
      title:
        "a program that is not there ends with 127, one that cannot be run and a folder that is not there with 126",
      run: async ({ shared }) => {
        const { bottle } = await shared();
        assert.equal((await bottle.exec({ argv: ["/nonexistent/program"] })).code, 127);
        assert.equal((await bottle.exec({ argv: ["/etc/passwd"] })).code, 126);
        assert.equal((await bottle.exec({ argv: ["/bin/true"], cwd: "/nonexistent" })).code, 126);
      },
    },
    {
      id: "exec-words",
      title: "words arrive byte for byte",
      run: async ({ shared }) => {
        const { bottle } = await shared();
        const words = [
          "",
          " ",
          "a b",
          "'",
          '"',
          "$HOME",
          "`id`",
          "$(id)",
          "\\",
          "line\nbreak",
          "-n",
          "--",
          "é漢🙂",
          "*",
        ];
        const result = await bottle.exec({ argv: ["/usr/bin/printf", "%s\\0", ...words] });
        assert.deepEqual(result.stdout.toString().split("\0").slice(0, -1), words);
        const long = "x".repeat(100_000);
        const echoed = await bottle.exec({ argv: ["/usr/bin/printf", "%s", long] });
        assert.equal(echoed.stdout.toString(), long);
      },
    },
    {
      id: "exec-folder",
      title: "the workspace is the working directory unless one is named",
      run: async ({ shared }) => {
        const { bottle, shell } = await shared();
        const pwd = async (cwd?: string) =>
          (await bottle.exec({ argv: ["/bin/pwd"], ...(cwd === undefined ? {} : { cwd }) })).stdout.toString();
        assert.equal(await pwd(), `${shell.guest.workspace}\n`);
        assert.equal(await pwd("/usr"), "/usr\n");
      },
    },
    {
      id: "exec-user",
      title: "parts 3, B22: a command runs as the agent: uid and gid 1000, no other group of the host's root",
      run: async ({ shared }) => {
        const { sh, facts } = await shared();
        assert.equal(await sh("id -u; id -g; id -un"), "1000\n1000\nagent\n");
        if (facts.uid === 0) assert.equal(await sh("id -G"), "1000\n");
      },
    },
    {
      id: "exec-first-act",
      title: "parts 8, B21: the first act can be to make and append to a file in home and workspace",
      run: async ({ open }) => {
        const { sh } = await open();
        const out = await sh(
          'echo one >~/f && echo two >>~/f && cat ~/f; echo x >f; stat -c %a ~/f; [ "$(stat -c %u ~/f f | sort -u)" = "$(id -u)" ] && echo mine',
        );
        assert.equal(out, "one\ntwo\n644\nmine\n");
      },
    },
    {
      id: "exec-env",
      title: "parts 9, B23: a planned variable is seen by every kind of exec, a variable of the host by none",
      run: async ({ open }) => {
        process.env.CONTRACT_HOST_SECRET = "host-only";
        try {
          const value = "it's $HOME `x`\nsecond line";
          const { bottle } = await open({ env: { PLANNED: value } });
          const show = sh('printf %s "$PLANNED:$CONTRACT_HOST_SECRET"');
          assert.equal((await bottle.exec(show)).stdout.toString(), `${value}:`);
          const framed = bottle.frame(show, false);
          assert.equal((await run(framed)).stdout.toString(), `${value}:`);
          // What others may read with ps.
          assert.ok(!JSON.stringify(framed).includes("second line"));
          assert.ok(!JSON.stringify(framed).includes("host-only"));
        } finally {
          delete process.env.CONTRACT_HOST_SECRET;
        }
      },
    },
    {
      id: "exec-frame",
      title: "part 2: the framing is pure, and exec goes the same way",
      run: async ({ shared }) => {
        const { bottle } = await shared();
        const command = { argv: ["/bin/echo", "a b"], cwd: "/usr" };
        for (const terminal of [false, { transcript: null }, { transcript: "/nonexistent/transcript" }] as const) {
          assert.deepEqual(bottle.frame(command, terminal), bottle.frame(command, terminal));
          assert.ok(bottle.frame(command, terminal).argv[0]?.startsWith("/"));
        }
        const result = await run(bottle.frame(command, false));
        assert.deepEqual([result.code, result.stdout.toString()], [0, "a b\n"]);
        assert.equal((await run(bottle.frame(sh("kill -KILL $$"), false))).code, 137);
      },
    },
    {
      id: "exec-input",
      title: "stdin is a stream of any bytes, of any length",
      run: async ({ shared }) => {
        const { bottle } = await shared();
        const bytes = randomBytes(8 * MIB);
        const sum = createHash("sha256").update(bytes).digest("hex");
        const halves = Readable.from([bytes.subarray(0, 12_345), bytes.subarray(12_345)]);
        for (const stdin of [bytes, halves]) {
          const result = await bottle.exec({ argv: ["/usr/bin/sha256sum"] }, { stdin });
          assert.equal(result.stdout.toString().split(" ")[0], sum);
        }
      },
    },
    {
      id: "exec-input-unread",
      title: "a command that does not read its input is no error; without stdin the input is at its end",
      run: async ({ shared }) => {
        const { bottle } = await shared();
        assert.equal((await bottle.exec({ argv: ["/bin/true"] }, { stdin: Buffer.alloc(MIB) })).code, 0);
        assert.equal((await bottle.exec({ argv: ["/bin/cat"] }, { timeoutMs: 5000 })).code, 0);
      },
    },
    {
      id: "exec-binary",
      title: "every byte value passes in and out, on stdout and on stderr",
      run: async ({ shared }) => {
        const { bottle } = await shared();
        const bytes = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, n) => n)), randomBytes(3 * MIB)]);
        const result = await bottle.exec(sh("cat >~/bytes; cat ~/bytes; cat ~/bytes >&2; rm ~/bytes"), {
          stdin: bytes,
        });
        assert.ok(result.stdout.equals(bytes), "stdout");
        assert.ok(result.stderr.equals(bytes), "stderr");
      },
    },
    {
      id: "exec-output",
      title: "hundreds of mebibytes of output are read to their end and not kept",
      run: async ({ shared }) => {
        const { bottle } = await shared();
        const before = process.memoryUsage().rss;
        const zeros = (bytes: number) => ({ argv: ["/usr/bin/head", "-c", String(bytes), "/dev/zero"] });
        const cut = await bottle.exec(zeros(512 * MIB), { maxBytes: MIB });
        assert.equal(cut.code, 0);
        assert.equal(cut.stdout.length, MIB);
        assert.ok(process.memoryUsage().rss - before < 256 * MIB);
        let seen = 0;
        await bottle.exec(zeros(50_000_000), { onStdout: (chunk) => (seen += chunk.length) });
        assert.equal(seen, 50_000_000);
        assert.equal((await bottle.exec(zeros(32 * MIB))).stdout.length, 32 * MIB);
      },
    },
    {
      id: "exec-at-once",
      title: "twenty commands issued at once all come back with their own output, one on a terminal among them",
      needs: ["python3", "script"],
      run: async ({ shared }) => {
        const { bottle } = await shared();
        const interactive = onTerminal(bottle.frame(sh("read line; echo got $line; exit 9"), { transcript: null }), [
          ["", "typed\n"],
        ]);
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, n) => bottle.exec(sh(`sleep 0.2; echo ${n}; echo ${n} >&2; exit ${n}`))),
        );
        for (const [n, { code, stdout, stderr }] of results.entries()) {
          assert.deepEqual([code, stdout.toString(), stderr.toString()], [n, `${n}\n`, `${n}\n`]);
        }
        const { code, shown } = await interactive;
        assert.match(shown, /got typed/);
        assert.equal(code, 9);
      },
    },
    {
      id: "exec-queue",
      title: "no more commands run at once than the backend says; the others wait and all complete",
      run: async ({ backend, open }) => {
        const limits = { memoryBytes: 2 ** 30, cpus: 2, pids: 4096, tmpBytes: 32 * MIB };
        const { bottle, sh: script } = await open({ plan: () => ({ limits }) });
        await script("mkdir ~/running");
        const places = backend.capabilities.maxExecs;
        const results = await Promise.all(
          Array.from({ length: places + 6 }, () =>
            bottle.exec(
              sh(
                // Until two have met each stays on: commands may come up slowly.
                "mkdir ~/running/$$; for i in $(seq 100); do n=$(ls ~/running | wc -l); [ $n -gt 1 ] && : >~/met; [ -e ~/met ] && break; sleep 0.1; done; echo $n; sleep 0.3; rmdir ~/running/$$",
              ),
              { timeoutMs: 60_000 },
            ),
          ),
        );
        const seen = results.map(({ stdout }) => Number(stdout.toString()));
        assert.ok(
          seen.every((count) => count >= 1 && count <= places),
          `at once: ${Math.max(...seen)} of ${places}`,
        );
        assert.ok(seen.some((count) => count > 1));
      },
    },
    {
      id: "exec-pipes-held",
      title: "a background process that keeps the pipes does not keep the command",
      run: async ({ shared }) => {
        const { bottle, sh: script } = await shared();
        const held = await bottle.exec(sh("sleep 31 & echo $!"), { timeoutMs: 20_000 });
        assert.match(held.stdout.toString(), /^\d+\n$/);
        await script('kill "$1"', held.stdout.toString().trim());
      },
    },
    {
      id: "exec-timeout",
      title: "part B10: a timeout ends the command inside too, and the bottle runs on",
      run: async ({ shared }) => {
        const { bottle, sh: script } = await shared();
        const stubborn = sh("trap '' TERM INT HUP; echo $$ >~/late; sleep 61.5 & echo $! >>~/late; wait; sleep 61");
        await rejectsWith("BOTTLE_GONE", bottle.exec(stubborn, { timeoutMs: 1500 }));
        const gone = "for p in $(cat ~/late); do kill -0 $p 2>/dev/null && echo $p; done; true";
        await eventually("the command and its child have ended", async () => (await script(gone)) === "");
        assert.equal(await script("wc -l <~/late; rm ~/late"), "2\n");
        assert.equal(await bottle.status(), "running");
      },
    },
  ],
};
