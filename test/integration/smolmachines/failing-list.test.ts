/** A FAKE smolvm whose `ls` fails for a moment, as where its database is locked. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openBottle } from "../../../src/backends/smolmachines/bottle.ts";
import { entryBy, programOf } from "../../support/smolvm/entry.ts";

test("how a command ended is known where ls fails twice", async (t) => {
  const { folder, program } = programOf(
    t,
    (folder) => `case $2 in
  ls) mkdir ${folder}/once 2>/dev/null || mkdir ${folder}/twice 2>/dev/null || exec echo '[{"name": "one", "state": "running", "pid": 1}]'
    echo "Error: database operation failed: locked" >&2; exit 1 ;;
  exec) printf '\\001entered\\nwords\\n' >&2; exit 3 ;;
esac`,
  );
  const ends = { teardown: async () => {}, ended: async () => {} };
  const bottle = openBottle({ version: 2, entry: entryBy(program) }, ends);
  const { code, stderr } = await bottle.exec({ argv: ["/bin/false"] });
  assert.deepEqual([code, stderr.toString()], [3, "words\n"]);
  rmSync(join(folder, "once"), { recursive: true });
  assert.equal(await bottle.status(), "running");
});
