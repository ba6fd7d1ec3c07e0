import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { loadBackend } from "../../src/backends/builtins.ts";
import { RESET_MODES } from "../../src/host/terminal.ts";
import { CAGES } from "../support/cages.ts";
import { skipWithout } from "../support/needs.ts";
import { onTerminal } from "../support/operator-terminal.ts";
import { callNumber, ENOTTY, EPERM, errnos, perl } from "../support/probes.ts";
import { openTestBottle, type TestBottle } from "../support/test-bottle.ts";

const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const TIOCGWINSZ = 0x5413;
const HIGH = 2 ** 32;

for (const { title, backend, needs } of CAGES) {
  describe(`from inside, the terminal: ${title}`, { skip: skipWithout(...needs, "python3", "script") }, () => {
    let b: TestBottle;
    before(async () => {
      b = await openTestBottle(await loadBackend(backend));
    });
    after(() => b?.dispose());
    const bash = (script: string) => b.bottle.frame({ argv: ["/bin/bash", "-c", script] }, { transcript: null });

    test("row 142: input cannot be planted: TIOCSTI and TIOCLINUX, also with high bits", async () => {
      const ioctl = callNumber("ioctl");
      const codes = await errnos(b, [
        [ioctl, 0, TIOCSTI, "$buf"],
        [ioctl, 0, TIOCSTI + HIGH, "$buf"],
        [ioctl, 0, TIOCLINUX, "$buf"],
        [ioctl, 0, TIOCLINUX + 7 * HIGH, "$buf"],
        [ioctl, 0, TIOCGWINSZ, "$buf"],
      ]);
      assert.deepEqual(codes, [EPERM, EPERM, EPERM, EPERM, ENOTTY]);
      const { shown } = await onTerminal(
        bash(`perl -e 'my $x = "x"; print ioctl(STDIN, ${TIOCSTI}, $x) ? "planted" : "refused:" . (0 + $!)'`),
      );
      assert.match(shown, /refused:1/);
    });

    test("part 13: the size is right at once, follows resizes, and the exit code is the command's", async () => {
      const { code, shown } = await onTerminal(
        bash("trap 'stty size; exit 42' WINCH; sleep 0.2; stty size; echo ready; while :; do sleep 0.05; done"),
        [["ready", "resize 40 120"]],
      );
      assert.match(shown, /33 101\r\nready\r\n40 120/);
      assert.equal(code, 42);
    });

    test("part 4: a signal is 128+n on a terminal too", async () => {
      assert.equal((await onTerminal(bash("kill -KILL $$"))).code, 137);
      assert.equal((await onTerminal(bash("kill -TERM $$"))).code, 143);
    });

    test("Ctrl-C reaches the command and only it", async () => {
      const { code, shown } = await onTerminal(
        bash("trap 'echo caught; exit 7' INT; echo ready; while :; do sleep 0.05; done"),
        [["ready", "\x03"]],
      );
      assert.match(shown, /caught/);
      assert.equal(code, 7);
      assert.equal(await b.bottle.status(), "running");
    });

    test("words with quotes, and a shell's job control, survive the terminal", async () => {
      const words = ["a b", "'", '"', "$HOME", "line\nbreak", "\\", "!"];
      const framed = b.bottle.frame({ argv: ["/usr/bin/printf", "<%s>", ...words] }, { transcript: null });
      assert.equal(
        (await onTerminal(framed)).shown.replaceAll("\r", "").replace(RESET_MODES, ""),
        words.map((word) => `<${word}>`).join(""),
      );
      const shell = b.bottle.frame({ argv: ["/bin/bash", "--norc", "-i"] }, { transcript: null });
      const { shown } = await onTerminal(shell, [["$ ", "sleep 9 & jobs; kill %1; exit 5\n"]]);
      assert.doesNotMatch(shown, /no job control/);
      assert.match(shown, /Running/);
    });

    test("row 138: the terminal inside is a private one; what it shows goes to the transcript", async () => {
      const folder = mkdtempSync(join(tmpdir(), "transcript-"));
      try {
        const transcript = join(folder, "agent log");
        const framed = b.bottle.frame(
          { argv: ["/bin/bash", "-c", "stat -L -c %d:%i /proc/self/fd/0 /proc/self/fd/1; echo x >/dev/tty"] },
          { transcript },
        );
        const program = `import os,pty,sys\npid,fd=pty.fork()\nif pid==0: os.execv(sys.argv[1],sys.argv[1:])\nown=os.stat('/proc/%d/fd/0'%pid)\nwhile True:\n  try:\n    if not os.read(fd,4096): break\n  except OSError: break\nos.waitpid(pid,0)\nprint('%d:%d' % (own.st_dev, own.st_ino))`;
        const child = spawn("/usr/bin/python3", ["-c", program, ...framed.argv], {
          env: { ...framed.env },
          stdio: ["ignore", "pipe", "inherit"],
        });
        let operator = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          operator += text;
        });
        await new Promise((resolve) => child.once("close", resolve));
        // The first line is script's own.
        const log = readFileSync(transcript, "utf8");
        const inside = log.slice(log.indexOf("\n") + 1).split("\r\n");
        // Device and inode: terminals of different file systems may have one name.
        assert.match(inside[0] ?? "", /^\d+:\d+$/);
        assert.match(operator, /^\d+:\d+$/m);
        assert.equal(inside[2], "x");
        assert.notEqual(inside[0], operator.trim());
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    test("row 138: no environment but TERM and COLORTERM travels in", async () => {
      const framed = bash("env -0 | tr '\\0' '\\n'");
      const { shown } = await onTerminal({
        argv: framed.argv,
        env: { ...framed.env, TERM: "xterm-test", COLORTERM: "truecolor", SECRET_X: "leak" },
      });
      assert.match(shown, /TERM=xterm-test/);
      assert.match(shown, /COLORTERM=truecolor/);
      assert.doesNotMatch(shown, /leak|SHELL=\/bin\/sh/);
    });

    test("row 138: a signal to the own process group reaches no process of the host", async () => {
      let got = 0;
      const count = () => {
        got += 1;
      };
      process.on("SIGUSR2", count);
      try {
        const program =
          "$SIG{USR2} = 'IGNORE'; print kill('USR2', 0) ? 'sent' : 'not', \"\\n\"; kill 'USR2', -getppid; kill 'USR2', -getpgrp";
        await perl(b, program).catch(() => {});
        const { argv, env } = b.bottle.frame({ argv: ["/usr/bin/perl", "-e", program] }, { transcript: null });
        // As the session runs it: `script` in our own process group.
        const child = spawn(argv[0] ?? "", argv.slice(1), { env: { ...env }, stdio: ["pipe", "ignore", "ignore"] });
        await new Promise((resolve) => child.once("close", resolve));
        assert.equal(got, 0);
      } finally {
        process.off("SIGUSR2", count);
      }
    });

    test("row 138: after an exec on a terminal has ended, nothing inside still reads it", async () => {
      const { code, shown } = await onTerminal(
        bash("setsid sh -c 'sleep 0.3; cat <&0 >/workspace/keys' </dev/tty & sleep 0.1; echo ready; exit 0"),
        [["ready", "typed later\n"]],
      );
      assert.equal(code, 0);
      assert.match(shown, /ready/);
      assert.equal(await b.sh("sleep 0.5; cat /workspace/keys 2>/dev/null; true"), "");
    });

    test("without a terminal there is none: /dev/tty does not open", async () => {
      assert.equal(await b.sh("(: </dev/tty) 2>/dev/null && echo tty; true"), "");
    });
  });
}
