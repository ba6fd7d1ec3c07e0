/** A FAKE smolvm whose `ls` fails for a moment, as where its database is locked. */
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openBottle } from "../../../src/backends/smolmachines/bottle.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";

test("how a command ended is known where ls fails twice", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "failing-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, "smolvm");
  writeFileSync(
    program,
    `#!/bin/sh
case $2 in
  ls) mkdir ${folder}/once 2>/dev/null || mkdir ${folder}/twice 2>/dev/null || exec echo '[{"name": "one", "state": "running", "pid": 1}]'
    echo "Error: database operation failed: locked" >&2; exit 1 ;;
  exec) printf '\\001entered\\nwords\\n' >&2; exit 3 ;;
esac
`,
  );
  chmodSync(program, 0o755);
  const bottle = openBottle(
    {
      version: 2,
      entry: {
        smolvm: { program, env: { PATH: "/usr/bin:/bin" } },
        machine: "one",
        manner: mannerOf([1, 9, 3]),
        bringUp: null,
        inputs: null,
        places: null,
        cwd: "/",
        tools: { script: "script", setsid: "setsid", shell: "/bin/sh", stty: "stty", timeout: "timeout" },
      },
    },
    { teardown: async () => {}, ended: async () => {} },
  );
  const { code, stderr } = await bottle.exec({ argv: ["/bin/false"] });
  assert.deepEqual([code, stderr.toString()], [3, "words\n"]);
  rmSync(join(folder, "once"), { recursive: true });
  assert.equal(await bottle.status(), "running");
});
