import { BACKEND_NAMES, loadBackend } from "../backends/builtins.ts";
import { deadDemoFolders, removeDemoFolder } from "../demo/folder.ts";
import { planPrune, pruneDrafts } from "../session/reconcile.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { table } from "./table.ts";
import { flag, text, type VerbRun } from "./verb.ts";

const KEEP_MS = 7 * 24 * 3600 * 1000;

/** `bottle prune`: shows, then removes; every step runs whatever the others did. */
export const prune: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const backends = await Promise.all(BACKEND_NAMES.map(loadBackend));
  const dryRun = flag(input, "dryRun");
  const all = flag(input, "all");
  const results: { bottle: string; kind: string; detail: string; removed: boolean }[] = [];
  let worst = 0;
  // Twice: a lost bottle is settled in the first round, and with --all it is an ended one in the second.
  for (let round = 0; round < 2; round++) {
    const steps = await planPrune(backends, context, { olderThanMs: all ? 0 : KEEP_MS, now: Date.now() });
    for (const { bottle, kind, detail, act } of steps) {
      const code = dryRun
        ? 0
        : await act().then(
            () => 0,
            (error: unknown) => report(error, io),
          );
      worst = Math.max(worst, code);
      if (dryRun || code === 0) results.push({ bottle, kind, detail, removed: !dryRun });
    }
    if (dryRun || worst > 0) break;
  }
  for (const folder of deadDemoFolders(context.facts.uid)) {
    if (!dryRun) removeDemoFolder(folder);
    results.push({ bottle: "demo", kind: "folder", detail: `${folder} of a demo that was killed`, removed: !dryRun });
  }
  if (!dryRun) {
    for (const draft of await pruneDrafts(context)) {
      results.push({ bottle: draft, kind: "draft", detail: "a start that was killed", removed: true });
    }
  }
  if (text(input, "format") === "json") io.out(`${JSON.stringify(results, null, 2)}\n`);
  else if (results.length === 0) io.say(dryRun ? "nothing to remove" : "nothing was left to remove");
  else
    io.out(
      table(
        [dryRun ? "WOULD REMOVE" : "REMOVED", "KIND", "WHAT"],
        results.map((row) => [row.bottle, row.kind, row.detail]),
      ),
    );
  return worst;
};
