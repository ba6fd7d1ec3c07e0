import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BACKEND_NAMES, loadBackend } from "../../src/backends/builtins.ts";
import { BottleError } from "../../src/core/model/errors.ts";
import { gatherFacts } from "../../src/host/facts.ts";
import type { Operator } from "./operator.ts";

/** Everything on this machine that is of bottles of these names, beside their folders: none where all was undone. */
export async function remainsOf(operator: Operator, names: readonly string[]): Promise<readonly string[]> {
  const facts = gatherFacts();
  const remains: string[] = [];
  for (const name of BACKEND_NAMES) {
    const backend = await loadBackend(name);
    const left = await backend.survey(facts, new Set()).catch((error: unknown) => {
      // An engine that is not there has nothing of ours.
      if (error instanceof BottleError && error.code === "HOST_UNFIT") return [];
      throw error;
    });
    for (const { kind, id, bottle } of left) if (names.includes(bottle)) remains.push(`${kind} ${id}`);
  }
  const runtime = join(operator.env.XDG_RUNTIME_DIR ?? "", "bot-bottle");
  if (existsSync(runtime))
    remains.push(
      ...readdirSync(runtime)
        .filter(outlives)
        .map((folder) => `runtime folder ${folder}`),
    );
  const state = join(operator.home, ".local/state/bot-bottle/bottles");
  if (existsSync(state)) remains.push(...readdirSync(state).filter((entry) => entry.startsWith(".")));
  remains.push(...globSync(join(state, "*", "{quarantine-*,scratch/*}")).map((path) => `unfinished ${path}`));
  return [...remains, ...cagesOf(operator)];
}

/** What was found out about an engine is kept for the next bottle (`SightMemory`). */
const outlives = (entry: string): boolean => !/^engine-[0-9a-f]{16}$/.test(entry);

/** Processes that see a folder of the operator's in a mount namespace of their own. */
function cagesOf(operator: Operator): readonly string[] {
  return globSync("/proc/[0-9]*/mountinfo").filter((file) => {
    try {
      return file !== `/proc/${process.pid}/mountinfo` && readFileSync(file, "utf8").includes(operator.home);
    } catch {
      return false;
    }
  });
}
