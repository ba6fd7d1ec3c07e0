import { dirname } from "node:path";
import { DEFAULT_BACKEND, loadBackend } from "../backends/builtins.ts";
import { runDemo } from "../demo/demo.ts";
import { makeDemoFolder, removeDemoFolder } from "../demo/folder.ts";
import { demoJson, demoTable } from "../demo/report.ts";
import { demoSession } from "../demo/session.ts";
import { makeHostFit } from "../demo/setup.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, type VerbRun } from "./verb.ts";

/** `bottle demo`: fetches what it needs, runs the probes, shows the evidence. Exit 0 only when all hold, else 5. */
export const demo: VerbRun = async (input, io) => {
  const before = sessionContext(io);
  const facts = await makeHostFit(await loadBackend(DEFAULT_BACKEND), before.facts, io.say);
  const context = { ...before, facts, ask: null };
  const { layout } = context;
  const folder = makeDemoFolder(facts.uid);
  const outcome = await runDemo({
    live: flag(input, "live"),
    session: demoSession(context, folder),
    folder,
    removeFolder: () => removeDemoFolder(folder),
    watched: [dirname(folder), "/dev/shm", layout.runtime, layout.bottles, layout.archive],
    cgroups: facts.cgroup.kind !== "none",
    signal: io.signal,
    progress: io.say,
  });
  io.out(text(input, "format") === "json" ? demoJson(outcome) : demoTable(outcome, io.colour));
  return outcome.ok ? 0 : 5;
};
