import { basename } from "node:path";
import { BACKEND_NAMES, loadBackend } from "../backends/builtins.ts";
import { BottleError } from "../core/model/errors.ts";
import { deadDemoFolders, removeDemoFolder } from "../demo/folder.ts";
import { type PruneStep, planPrune } from "../session/prune.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { table } from "./table.ts";
import { flag, text, type VerbRun } from "./verb.ts";

/** `bottle prune`: shows, then removes; a step that fails is said once and keeps no other bottle from going. */
export const prune: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const backends = await Promise.all(BACKEND_NAMES.map(loadBackend));
  const dryRun = flag(input, "dryRun");
  const options = { all: flag(input, "all"), now: Date.now() };
  const steps = [...(await planPrune(backends, context, options)), ...demoSteps(context.facts.uid)];
  const results: { bottle: string; kind: string; detail: string; removed: boolean }[] = [];
  const failed = new Set<string>();
  let worst = 0;
  for (const { bottle, kind, detail, act } of steps) {
    if (failed.has(bottle)) continue;
    try {
      if (!dryRun) await act();
      results.push({ bottle, kind, detail, removed: !dryRun });
    } catch (error) {
      failed.add(bottle);
      worst = Math.max(worst, report(error, io));
    }
  }
  if (text(input, "format") === "json") io.out(`${JSON.stringify(results, null, 2)}\n`);
  else if (results.length > 0)
    io.out(
      table(
        [dryRun ? "WOULD REMOVE" : "REMOVED", "KIND", "WHAT"],
        results.map((row) => [row.bottle, row.kind, row.detail]),
      ),
    );
  else if (worst === 0) io.say(dryRun ? "nothing to remove" : "nothing was left to remove");
  return worst;
};

function demoSteps(uid: number): readonly PruneStep[] {
  return deadDemoFolders(uid).map((folder) => ({
    bottle: basename(folder),
    kind: "folder",
    detail: "of a demo that was killed",
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
