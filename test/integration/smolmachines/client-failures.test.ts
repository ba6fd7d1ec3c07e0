/** What a client's end amounts to: a FAKE smolvm in a few lines, whose `ls` says all the while that the machine runs. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openBottle } from "../../../src/backends/smolmachines/bottle.ts";
import { rejectsWith } from "../../support/rejection.ts";
import { entryBy, programOf } from "../../support/smolvm/entry.ts";

/** A bottle in a machine whose `exec` is this shell text. */
function bottleOf(t: TestContext, exec: string) {
  const up = `[{"name": "one", "state": "running", "pid": 1}]`;
  const { program } = programOf(t, () => `case $2 in ls) echo '${up}';; exec) ${exec};; esac`);
  const ends = { teardown: async () => {}, ended: async () => {} };
  return openBottle({ version: 2, entry: entryBy(program) }, ends);
}

const COMMAND = { argv: ["/bin/sleep", "60"] };

test("a command that close killed on its way in is told that the bottle ended, whatever ls still says", async (t) => {
  const bottle = bottleOf(t, "sleep 0.2; exit 137");
  const coming = rejectsWith("BOTTLE_GONE", bottle.exec(COMMAND));
  await bottle.close();
  await coming;
});

test("an error of smolvm's own is no exit code of a command, and its words are told", async (t) => {
  const said = bottleOf(t, "echo 'Error: agent operation failed: exec: no room' >&2; exit 1");
  assert.match((await rejectsWith("CREATE_FAILED", said.exec(COMMAND))).message, /exec: no room$/);
  const silent = bottleOf(t, "exit 1");
  assert.match((await rejectsWith("CREATE_FAILED", silent.exec(COMMAND))).message, /ended with 1 and said nothing$/);
});
