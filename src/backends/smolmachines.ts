import type { Backend } from "./backend.ts";
import { MAX_EXECS } from "./smolmachines/bottle.ts";
import { planMachine } from "./smolmachines/plan.ts";
import { BACKEND } from "./smolmachines/survey.ts";

const workshop: Backend["workshop"] = async (job, facts) =>
  (await import("./smolmachines/workshop.ts")).runWorkshop(job, facts);

/** Bottles in micro-VMs of smol-machines, driven by the `smolvm` command line. */
export const smolmachines: Backend = {
  name: BACKEND,
  capabilities: {
    services: ["host"],
    workspace: ["clone", "copy", "bind"],
    limits: "engine",
    options: ["image"],
    rootExec: false,
    maxExecs: MAX_EXECS,
  },
  plan: ({ backendOptions }) => planMachine(backendOptions),
  create: async (plan, context) => (await import("./smolmachines/create.ts")).createMachine(plan, context),
  open: async (record, _facts, folders) => (await import("./smolmachines/open.ts")).openRecorded(record, folders),
  lacks: async (facts) => (await import("./smolmachines/probe.ts")).machineLack(facts),
  probe: async (facts) => (await import("./smolmachines/probe.ts")).probeMachines(facts),
  survey: async (facts, alive) => (await import("./smolmachines/survey.ts")).surveyMachines(facts, alive),
  runs: async (name) => (await import("./smolmachines/survey.ts")).hasMachine(name),
  remove: async (leftover) => (await import("./smolmachines/survey.ts")).removeLeftover(leftover),
  workshop,
  erase: async (folder, facts) => (await import("./eraser.ts")).eraseFolder(folder, facts, workshop),
  measure: async (folder, facts) => (await import("./eraser.ts")).measureFolder(folder, facts, workshop),
};
