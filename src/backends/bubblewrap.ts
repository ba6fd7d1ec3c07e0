import type { BottleRecord } from "../core/model/bottle-record.ts";
import type { HostFacts } from "../core/model/host-facts.ts";
import type { Backend } from "./backend.ts";
import { MAX_EXECS } from "./bubblewrap/bottle.ts";
import { BACKEND } from "./bubblewrap/survey.ts";

const workshop: Backend["workshop"] = async (job, facts) =>
  (await import("./bubblewrap/workshop.ts")).runWorkshop(job, facts);

/**
 * The embedded backend of Linux: no daemon, no image, no privilege. Works as an ordinary user and as root.
 * Rarely used parts are loaded when they are.
 */
export const bubblewrap: Backend = {
  name: BACKEND,
  capabilities: {
    services: ["host"],
    workspace: ["clone", "copy", "bind"],
    limits: "host",
    options: [],
    rootExec: false,
    maxExecs: MAX_EXECS,
  },
  plan: (_plan, facts) => planCage(facts),
  create: async (plan, context) => (await import("./bubblewrap/create.ts")).createCage(plan, context),
  open: async (record: BottleRecord, facts) => (await import("./bubblewrap/open.ts")).openRecorded(record, facts),
  lacks: async (facts) => (await import("./bubblewrap/fitness.ts")).lackOf(facts),
  probe: async (facts) => (await import("./bubblewrap/probe.ts")).probeHost(facts),
  survey: async (facts, alive) => (await import("./bubblewrap/survey.ts")).surveyHost(facts, alive),
  runs: async (name, facts) => (await import("./bubblewrap/survey.ts")).hasCage(name, facts),
  remove: async (leftover, facts) => (await import("./bubblewrap/survey.ts")).removeLeftover(leftover, facts),
  workshop,
  erase: async (folder, facts) => (await import("./eraser.ts")).eraseFolder(folder, facts, workshop),
  measure: async (folder, facts) => (await import("./eraser.ts")).measureFolder(folder, facts, workshop),
};

/** What the plan says about the cage; the limits' ways as this machine has them. */
function planCage(facts: HostFacts) {
  const limits =
    facts.cgroup.kind === "none"
      ? `measured each second, cpus not limited: ${facts.cgroup.why}`
      : facts.cgroup.kind === "systemd"
        ? `systemd ${facts.cgroup.scope} slice`
        : `control groups ${facts.cgroup.kind}`;
  return {
    bwrap: facts.tools.bwrap ?? null,
    startedAs: facts.uid === 0 ? "root" : "user",
    namespaces: ["user", "mount", "pid", "net", "ipc", "uts", "cgroup"],
    limits,
    listener: "127.0.0.1:9099",
  };
}
