import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shellWord } from "../../src/core/plan/run-files.ts";
import { gatherFacts } from "../../src/host/facts.ts";
import type { Interruption } from "./contender.ts";

/** Puts a script in front of each of these host tools; all count their calls together, and the Nth one fails. */
export async function failingTools(names: readonly string[], nth: number): Promise<Interruption> {
  const folder = mkdtempSync(join(tmpdir(), "tools-"));
  chmodSync(folder, 0o755);
  const calls = join(folder, "calls");
  mkdirSync(calls);
  const { tools } = gatherFacts();
  const wrapped = names.flatMap((name) => {
    const real = tools[name];
    if (real === undefined) return [];
    const path = join(folder, name);
    // mkdir is the counter: of two calls at once each gets a number of its own.
    const script = `#!/bin/sh
n=1
while ! /bin/mkdir ${shellWord(calls)}/$n 2>/dev/null; do n=$((n + 1)); done
[ $n = ${nth} ] && { echo "call ${nth} fails for a test" >&2; exit 1; }
exec ${shellWord(real)} "$@"
`;
    writeFileSync(path, script, { mode: 0o755 });
    return [[name, path] as const];
  });
  return {
    facts: { tools: { ...tools, ...Object.fromEntries(wrapped) } },
    calls: () => readdirSync(calls).length,
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  };
}
