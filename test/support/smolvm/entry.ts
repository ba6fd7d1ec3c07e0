import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Entry } from "../../../src/backends/smolmachines/entry-arguments.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";

const tool = (name: string) => `/usr/bin/${name}`;

/** What a bottle in the machine `one` is entered by, as of 1.9.3: no lock, no files for input, no places to wait for. */
export function entryBy(program: string, change: Partial<Entry> = {}): Entry {
  return {
    smolvm: { program, env: { PATH: "/usr/bin:/bin" } },
    machine: "one",
    manner: mannerOf([1, 9, 3]),
    bringUp: null,
    inputs: null,
    places: null,
    cwd: "/",
    tools: {
      script: tool("script"),
      setsid: tool("setsid"),
      shell: "/bin/sh",
      stty: tool("stty"),
      timeout: tool("timeout"),
    },
    ...change,
  };
}

/** A program of a few lines of shell in place of smolvm, in a folder of its own, which goes with the test. */
export function programOf(t: TestContext, script: (folder: string) => string): { folder: string; program: string } {
  const folder = mkdtempSync(join(tmpdir(), "program-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, "smolvm");
  writeFileSync(program, `#!/bin/sh\n${script(folder)}\n`, { mode: 0o755 });
  return { folder, program };
}
