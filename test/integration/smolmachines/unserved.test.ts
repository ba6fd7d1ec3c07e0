/** A machine that serves nobody more, as one with eight clients; a plain program in place of smolvm. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { entryCommand } from "../../../src/backends/smolmachines/entry-arguments.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import { eventually } from "../../support/operator.ts";

test("who gives up waiting for a machine that serves nobody is let go", { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "unserved-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, "smolvm");
  writeFileSync(program, `#!/bin/sh\n: >${folder}/asked\nexec sleep 300\n`, { mode: 0o755 });
  const tool = (name: string) => `/usr/bin/${name}`;
  const entry = {
    smolvm: { program, env: { PATH: "/usr/bin:/bin" } },
    machine: "one",
    manner: mannerOf([1, 9, 3]),
    bringUp: null,
    inputs: null,
    cwd: "/",
    tools: {
      script: tool("script"),
      setsid: tool("setsid"),
      shell: "/bin/sh",
      stty: tool("stty"),
      timeout: tool("timeout"),
    },
  };
  const { argv, env } = entryCommand(entry, { argv: ["/bin/true"] }, false);
  const [shell = "", ...args] = argv;
  const client = spawn(shell, args, { env: { ...env }, stdio: "ignore" });
  const ended = new Promise<number | null>((resolve) => client.once("close", resolve));
  await eventually("the machine was asked", () => existsSync(join(folder, "asked")));
  client.kill("SIGINT");
  assert.equal(await ended, 137);
});
