/** Applies the work of a bench in another process, with another git: `killed-child.ts FOLDER GIT`. To be killed. */
import { gatherFacts } from "../../../src/host/facts.ts";
import { applyWork } from "../../../src/session/work/apply.ts";
import { importBottleWork } from "../../../src/session/work/imported-work.ts";
import { selectWork } from "../../../src/session/work/selection.ts";
import { WorkBench } from "../../support/work/work-bench.ts";

const [folder = "", git = ""] = process.argv.slice(2);
const bench = new WorkBench({ adopt: folder });
const facts = gatherFacts();
const context = {
  env: bench.env,
  cwd: bench.host,
  facts: { ...facts, tools: { ...facts.tools, git } },
  layout: bench.layout,
  say: () => undefined,
  ask: null,
  signal: new AbortController().signal,
};
await using all = await importBottleWork("bench", bench.collect, context);
const consent = { accept: [], acceptAll: true, ask: null };
const request = { mode: "head", branch: null, from: null, choose: null, consent, dryRun: false } as const;
await applyWork(all, await selectWork(all, null), request, context);
