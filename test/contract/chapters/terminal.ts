import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RESET_MODES } from "../../../src/host/terminal.ts";
import { eventually } from "../../support/operator.ts";
import { onTerminal } from "../../support/operator-terminal.ts";
import type { TestBottle } from "../../support/test-bottle.ts";
import type { Chapter, Clause } from "../clause.ts";

const NEEDS = ["python3", "script"] as const;
const framed = ({ bottle }: TestBottle, script: string, transcript: string | null = null) =>
  bottle.frame({ argv: ["/bin/bash", "-c", script] }, { transcript });

const clause = (id: string, title: string, run: (b: TestBottle) => Promise<void>): Clause => ({
  id,
  title,
  needs: NEEDS,
  run: async ({ shared }) => run(await shared()),
});

export const TERMINAL: Chapter = {
  title: "a command on a terminal",
  clauses: [
    clause("terminal-size", "parts 13, B15: the size is right in the first frame", async (b) => {
      for (let n = 0; n < 3; n += 1) {
        const { code, shown } = await onTerminal(framed(b, "stty size; exit 42"));
        assert.match(shown, /^33 101\r\n/);
        assert.equal(code, 42);
      }
    }),
    clause("terminal-resize", "part 13: it follows each change of size", async (b) => {
      // Not bash, whose trap forgets a signal that comes while it runs, and no read that would begin behind a pending one.
      const program = `$| = 1; sub size { my $b = "\\0" x 8; ioctl STDIN, 0x5413, $b; printf "%d %d\\n", unpack "SS", $b }
        $SIG{WINCH} = \\&size; size(); print "ready\\n"; my $r = ""; vec($r, 0, 1) = 1; 1 until select(my $in = $r, undef, undef, 0.1) > 0; exit 5`;
      const watching = b.bottle.frame({ argv: ["/usr/bin/perl", "-e", program] }, { transcript: null });
      const { code, shown } = await onTerminal(watching, [
        ["ready", "resize 40 120"],
        ["40 120", "resize 20 70"],
        ["20 70", "resize 50 200"],
        ["50 200", "\n"],
      ]);
      assert.match(shown, /33 101\r\nready\r\n(33 101\r\n)*40 120\r\n20 70\r\n50 200/);
      assert.equal(code, 5);
    }),
    clause("terminal-codes", "part 4: exit codes and 128+n on a terminal too", async (b) => {
      assert.equal((await onTerminal(framed(b, "exit 125"))).code, 125);
      assert.equal((await onTerminal(framed(b, "kill -KILL $$"))).code, 137);
      assert.equal((await onTerminal(framed(b, "kill -TERM $$"))).code, 143);
    }),
    clause("terminal-keys", "Ctrl-C reaches the command and only it; typed text and Ctrl-D arrive", async (b) => {
      const caught = await onTerminal(
        framed(b, "trap 'echo caught; exit 7' INT; echo ready; while :; do sleep 0.05; done"),
        [["ready", "\x03"]],
      );
      assert.match(caught.shown, /caught/);
      assert.equal(caught.code, 7);
      const typed = await onTerminal(framed(b, "echo ready; cat | tr a-z A-Z; exit 3"), [["ready", "typed é\n\x04"]]);
      assert.match(typed.shown, /TYPED é/);
      assert.equal(typed.code, 3);
      assert.equal(await b.bottle.status(), "running");
    }),
    clause("terminal-words", "words with quotes, and a shell's job control, survive the terminal", async (b) => {
      const words = ["a b", "'", '"', "$HOME", "line\nbreak", "\\", "!"];
      const printed = b.bottle.frame({ argv: ["/usr/bin/printf", "<%s>", ...words] }, { transcript: null });
      assert.equal(
        (await onTerminal(printed)).shown.replaceAll("\r", "").replace(RESET_MODES, ""),
        words.map((word) => `<${word}>`).join(""),
      );
      const shell = b.bottle.frame({ argv: ["/bin/bash", "--norc", "-i"] }, { transcript: null });
      const { code, shown } = await onTerminal(shell, [["bash-", "sleep 9 & jobs; kill %1; exit 5\n"]]);
      assert.doesNotMatch(shown, /no job control/);
      assert.match(shown, /Running/);
      assert.equal(code, 5);
    }),
    clause(
      "terminal-environment",
      "part B16: TERM and COLORTERM travel in, nothing else of the operator's",
      async (b) => {
        const { argv, env } = framed(b, "env -0 | tr '\\0' '\\n'");
        const { shown } = await onTerminal({
          argv,
          env: { ...env, TERM: "xterm-test", COLORTERM: "truecolor", SECRET_X: "leak" },
        });
        assert.match(shown, /TERM=xterm-test/);
        assert.match(shown, /COLORTERM=truecolor/);
        assert.doesNotMatch(shown, /leak/);
      },
    ),
    clause("terminal-transcript", "what is shown is kept in the transcript, whole", async (b) => {
      const folder = mkdtempSync(join(tmpdir(), "transcript-"));
      try {
        const transcript = join(folder, "agent log");
        await onTerminal(framed(b, "seq 1 20000; echo the end", transcript));
        const log = readFileSync(transcript, "utf8");
        assert.match(log, /\r\n19999\r\n20000\r\nthe end\r\n/);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }),
    clause(
      "terminal-hangup",
      "when the process that holds the terminal is gone, the command gets a hangup and ends; the bottle runs on",
      async (b) => {
        const script =
          "trap 'echo hangup >~/hung; exit 1' HUP; echo $$ >~/pid; echo ready; while :; do sleep 0.05; done";
        await onTerminal(framed(b, script), [], { after: "ready", by: "kill" });
        const ended = 'kill -0 "$(cat ~/pid)" 2>/dev/null || cat ~/hung';
        await eventually("the command has ended", async () => (await b.sh(`${ended}; true`)) === "hangup\n");
        assert.equal(await b.sh("rm ~/pid ~/hung; echo alive"), "alive\n");
      },
    ),
    clause("terminal-none", "without a terminal there is none", async (b) => {
      assert.equal(
        await b.sh("(: </dev/tty) 2>/dev/null && echo tty; test -t 0 -o -t 1 -o -t 2 && echo tty; true"),
        "",
      );
    }),
  ],
};
