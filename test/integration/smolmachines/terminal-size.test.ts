import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { entryCommand } from "../../../src/backends/smolmachines/entry-arguments.ts";
import { skipWithout } from "../../support/needs.ts";
import { onTerminal } from "../../support/operator-terminal.ts";
import { entryBy, programOf } from "../../support/smolvm/entry.ts";

const skip = skipWithout("python3", "script");

/** What the command inside sees of a terminal whose client has done `before`; the operator's is 33x101. */
async function sizeAfter(t: TestContext, before: string): Promise<string> {
  // A terminal of its own, as a machine gives one; of the words only those that set its size are run.
  const run = `stty rows 24 cols 80; ${before}; exec "$1" "$2" "$3" "$4" "$5" "$6" stty size`;
  const words = `case " $* " in *" -t "*) ;; *) exit 0;; esac\nwhile [ "$1" != -- ]; do shift; done; shift\n${run}`;
  const { program } = programOf(t, () => words);
  const { shown } = await onTerminal(entryCommand(entryBy(program), { argv: ["true"] }, { transcript: null }));
  return /\d+ \d+/.exec(shown)?.[0] ?? shown;
}

test("a terminal inside has the operator's size at once, and keeps a newer one that came before its command", {
  skip,
}, async (t) => {
  assert.equal(await sizeAfter(t, "true"), "33 101");
  assert.equal(await sizeAfter(t, "stty rows 25 cols 90"), "25 90");
});
