/** A machine that serves nobody more, as one with eight clients; a plain program in place of smolvm. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { entryCommand } from "../../../src/backends/smolmachines/entry-arguments.ts";
import { eventually } from "../../support/operator.ts";
import { entryBy, programOf } from "../../support/smolvm/entry.ts";

test("who gives up waiting for a machine that serves nobody is let go", { timeout: 60_000 }, async (t) => {
  const { folder, program } = programOf(t, (folder) => `: >${folder}/asked\nexec sleep 300`);
  const { argv, env } = entryCommand(entryBy(program), { argv: ["/bin/true"] }, false);
  const [shell = "", ...args] = argv;
  const client = spawn(shell, args, { env: { ...env }, stdio: "ignore" });
  const ended = new Promise<number | null>((resolve) => client.once("close", resolve));
  await eventually("the machine was asked", () => existsSync(join(folder, "asked")));
  client.kill("SIGINT");
  assert.equal(await ended, 137);
});
