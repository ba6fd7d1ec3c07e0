/** A bottle that is closed while a command comes in: a FAKE smolvm whose `ls` says still that the machine runs. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openBottle } from "../../../src/backends/smolmachines/bottle.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import { rejectsWith } from "../../support/rejection.ts";

test("a command that close killed on its way in is told that the bottle ended, whatever ls still says", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "closing-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, "smolvm");
  const up = `[{"name": "one", "state": "running", "pid": 1}]`;
  writeFileSync(program, `#!/bin/sh\ncase $2 in ls) echo '${up}';; exec) sleep 0.2; exit 137;; esac\n`);
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
        cwd: "/",
        tools: { script: "script", setsid: "setsid", shell: "/bin/sh", stty: "stty" },
      },
    },
    { teardown: async () => {}, ended: async () => {} },
  );
  const coming = rejectsWith("BOTTLE_GONE", bottle.exec({ argv: ["/bin/sleep", "60"] }));
  await bottle.close();
  await coming;
});
