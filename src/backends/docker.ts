import type { Backend } from "./backend.ts";
import { MAX_EXECS } from "./docker/bottle.ts";
import { planContainer } from "./docker/plan.ts";
import type { EngineImage } from "./docker/saving.ts";
import { BACKEND } from "./docker/survey.ts";

const workshop: Backend["workshop"] = async (job, facts) =>
  (await import("./docker/workshop.ts")).runWorkshop(job, facts);

/** Its images, for who makes something else of them than a container. */
export const engineImages = {
  find: async (name: string, env: Readonly<Record<string, string | undefined>>): Promise<EngineImage | null> =>
    (await import("./docker/saving.ts")).findImage(name, env),
  save: async (image: EngineImage, each: (piece: Buffer) => void, signal: AbortSignal): Promise<void> =>
    (await import("./docker/saving.ts")).saveImage(image, each, signal),
};

/** Bottles in containers of a Docker engine, driven by the `docker` command line. */
export const docker: Backend = {
  name: BACKEND,
  capabilities: {
    services: ["host", "sidecar"],
    workspace: ["clone", "copy", "bind"],
    limits: "engine",
    options: ["image", "runtime", "placement"],
    rootExec: false,
    maxExecs: MAX_EXECS,
  },
  lacks: async () => (await import("./docker/probe.ts")).engineLack(),
  warm: (options) => void import("./docker/briefing.ts").then(({ warm }) => warm(options)),
  images: async (env) => (await import("./docker/images.ts")).dockerImages(env),
  plan: ({ backendOptions }) => planContainer(backendOptions),
  compose: async (plan, facts) => {
    const [{ composeFile }, { ownershipOf }] = await Promise.all([
      import("./docker/compose.ts"),
      import("./docker/ownership.ts"),
    ]);
    return composeFile(plan, await ownershipOf("cage", plan.name, facts, null));
  },
  create: async (plan, context) => (await import("./docker/create.ts")).createCage(plan, context),
  open: async (record) => (await import("./docker/open.ts")).openRecorded(record),
  probe: async (facts) => (await import("./docker/probe.ts")).probeEngine(facts),
  survey: async (facts, alive, shelf) => (await import("./docker/survey.ts")).surveyEngine(facts, alive, shelf),
  runs: async (name, facts) => (await import("./docker/survey.ts")).hasCage(name, facts),
  remove: async (leftover, facts) => (await import("./docker/survey.ts")).removeLeftover(leftover, facts),
  workshop,
  erase: async (folder, facts) => {
    const stored = (await import("./docker/elsewhere/stored-folders.ts")).storedFolder(folder);
    if (stored !== null) return (await import("./docker/elsewhere/erase.ts")).eraseStored(folder, stored);
    return (await import("./eraser.ts")).eraseFolder(folder, facts, workshop);
  },
  measure: async (folder, facts) => (await import("./eraser.ts")).measureFolder(folder, facts, workshop),
};
