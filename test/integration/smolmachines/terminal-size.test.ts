import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { entryCommand } from "../../../src/backends/smolmachines/entry-arguments.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import { skipWithout } from "../../support/needs.ts";
import { onTerminal } from "../../support/operator-terminal.ts";

const skip = skipWithout("python3", "script");

/** What the command inside sees of a terminal whose client has done `before`; the operator's is 33x101. */
async function sizeAfter(before: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "size-"));
  try {
    const program = join(folder, "smolvm");
    // A terminal of its own, as a machine gives one; of the words only those that set its size are run.
    const run = `stty rows 24 cols 80; ${before}; exec "$1" "$2" "$3" "$4" "$5" "$6" stty size`;
    const script = `#!/bin/sh\ncase " $* " in *" -t "*) ;; *) exit 0;; esac\nwhile [ "$1" != -- ]; do shift; done; shift\n${run}\n`;
    writeFileSync(program, script, { mode: 0o755 });
    const smolvm = { program, env: { PATH: "/usr/bin:/bin" } };
    const tools = {
      script: "/usr/bin/script",
      setsid: "/usr/bin/setsid",
      shell: "/bin/sh",
      stty: "/usr/bin/stty",
      timeout: "/usr/bin/timeout",
    };
    const entry = {
      ...{ smolvm, machine: "one", manner: mannerOf([1, 9, 3]), bringUp: null },
      ...{ inputs: null, places: null, cwd: "/", tools },
    };
    const { shown } = await onTerminal(entryCommand(entry, { argv: ["true"] }, { transcript: null }));
    return /\d+ \d+/.exec(shown)?.[0] ?? shown;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("a terminal inside has the operator's size at once, and keeps a newer one that came before its command", {
  skip,
}, async () => {
  assert.equal(await sizeAfter("true"), "33 101");
  assert.equal(await sizeAfter("stty rows 25 cols 90"), "25 90");
});
