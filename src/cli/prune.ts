import { basename } from "node:path";
import { BACKEND_NAMES, loadBackend } from "../backends/builtins.ts";
import { BottleError } from "../core/model/errors.ts";
import { deadDemoFolders, removeDemoFolder } from "../demo/folder.ts";
import { type PruneStep, planPrune } from "../session/prune.ts";
import type { Io } from "./io.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { readableSize, table } from "./table.ts";
import { flag, text, type VerbRun } from "./verb.ts";

/** `bottle prune`: shows, then removes; a step that fails is said once and keeps no other bottle from going. */
export const prune: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const backends = await Promise.all(BACKEND_NAMES.map(loadBackend));
  const dryRun = flag(input, "dryRun");
  const options = { all: flag(input, "all"), now: Date.now() };
  const steps = [...(await planPrune(backends, context, options)), ...demoSteps(context.facts.uid)];
  const results: Result[] = [];
  const failed = new Set<string>();
  let worst = 0;
  for (const { bottle, kind, detail, backend, bytes: measure, act } of steps) {
    if (failed.has(bottle)) continue;
    try {
      const bytes = (await measure?.()) ?? null;
      if (!dryRun) await act();
      results.push({ bottle, kind, backend, bytes, detail, removed: !dryRun });
    } catch (error) {
      failed.add(bottle);
      worst = Math.max(worst, report(error, io));
    }
  }
  if (text(input, "format") === "json") io.out(`${JSON.stringify(results, null, 2)}\n`);
  else if (results.length > 0) show(results, dryRun, io);
  else if (worst === 0) io.say(dryRun ? "nothing to remove" : "nothing was left to remove");
  return worst;
};

interface Result {
  readonly bottle: string;
  readonly kind: string;
  /** Null: no backend's. */
  readonly backend: string | null;
  /** What the agent's files take; null: not measured. */
  readonly bytes: number | null;
  readonly detail: string;
  readonly removed: boolean;
}

function show(results: readonly Result[], dryRun: boolean, io: Io): void {
  const name = (row: Result) => row.backend ?? "";
  const sorted = results.toSorted((a, b) => name(a).localeCompare(name(b)));
  io.out(
    table(
      [dryRun ? "WOULD REMOVE" : "REMOVED", "KIND", "BACKEND", "SIZE", "WHAT"],
      sorted.map(({ bottle, kind, backend, bytes, detail }) => [
        bottle,
        kind,
        backend ?? "-",
        bytes === null ? "-" : readableSize(bytes),
        detail,
      ]),
    ),
  );
  const total = results.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  if (total > 0) io.say(`${dryRun ? "would free" : "freed"} about ${readableSize(total)}`);
}

function demoSteps(uid: number): readonly PruneStep[] {
  return deadDemoFolders(uid).map((folder) => ({
    bottle: basename(folder),
    kind: "folder",
    detail: "of a demo that was killed",
    backend: null,
    act: async () => {
      try {
        removeDemoFolder(folder);
      } catch (cause) {
        throw new BottleError("TEARDOWN_INCOMPLETE", `${folder} could not be removed`, {
          hint: "remove it by hand",
          cause,
        });
      }
    },
  }));
}
