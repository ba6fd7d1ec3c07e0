import { dirname } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import type { Placement } from "../core/model/plan.ts";
import { runDemo } from "../demo/demo.ts";
import { makeDemoFolder, removeDemoFolder } from "../demo/folder.ts";
import { demoJson, demoTable } from "../demo/report.ts";
import { demoSession } from "../demo/session.ts";
import { makeHostFit } from "../demo/setup.ts";
import { chooseBackend } from "../session/backend-choice.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, type VerbInput, type VerbRun } from "./verb.ts";

/** The demo reads no manifest. */
const NO_DEFINITION = { backend: undefined, bottle: "" };

function placementIn(input: VerbInput): Placement | null {
  const word = text(input, "placement");
  return word === "socket" || word === "bundle" ? word : null;
}

/** `bottle demo`: fetches what it needs, runs the probes, shows the evidence. Exit 0 only when all hold, else 5. */
export const demo: VerbRun = async (input, io) => {
  const before = sessionContext(io);
  const wishes = { asked: text(input, "backend") ?? null, definition: NO_DEFINITION, env: before.env };
  const { backend } = await chooseBackend(wishes, before.facts);
  const placement = placementIn(input);
  if (placement !== null && !backend.capabilities.options.includes("placement")) {
    throw new BottleError("USAGE", `the backend ${backend.name} knows no placement`, {
      hint: "--placement goes with a backend that has containers, such as --backend docker",
    });
  }
  const facts = await makeHostFit(backend, before.facts, io.say);
  const context = { ...before, facts, ask: null };
  const { layout } = context;
  const folder = makeDemoFolder(facts.uid);
  const outcome = await runDemo({
    live: flag(input, "live"),
    session: demoSession(context, folder, backend.name, placement),
    folder,
    removeFolder: () => removeDemoFolder(folder),
    tools: facts.tools,
    watched: [dirname(folder), "/dev/shm", layout.runtime, layout.bottles, layout.archive],
    cgroups: backend.capabilities.limits === "host" && facts.cgroup.kind !== "none",
    signal: io.signal,
    progress: io.say,
  });
  io.out(text(input, "format") === "json" ? demoJson(outcome) : demoTable(outcome, io.colour));
  return outcome.ok ? 0 : 5;
};
