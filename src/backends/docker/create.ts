import { realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BottleError } from "../../core/model/errors.ts";
import type { BottlePlan } from "../../core/model/plan.ts";
import { TRUST_FILES } from "../../core/plan/gateway-env.ts";
import { allOrNone } from "../../host/cleanup.ts";
import { orUnwritable } from "../../host/files.ts";
import type { BottleShell, CreateContext } from "../backend.ts";
import { closeWay } from "../gateway-socket.ts";
import { GUEST } from "../guest.ts";
import { checkGuests, hostWorkspace, realMount } from "../mounts.ts";
import { type RunFiles, removeRunFiles, runFiles, writeGuestFiles, writeRunFiles } from "../run-files.ts";
import { openBottle } from "./bottle.ts";
import { briefedImage, briefing } from "./briefing.ts";
import { openBundle } from "./bundle-placement.ts";
import { openCage } from "./cage.ts";
import { cageArguments, cageMounts } from "./cage-arguments.ts";
import { openVolumes } from "./elsewhere/cage-volumes.ts";
import { type Sight, SightMemory, trySight } from "./elsewhere/sight.ts";
import { readStoredFolders } from "./elsewhere/stored-folders.ts";
import { type Engine, engineHere } from "./engine.ts";
import type { Entry } from "./entry-arguments.ts";
import { checkBound } from "./identity.ts";
import { labelArguments } from "./labels.ts";
import type { BindMount } from "./mount-words.ts";
import { ownershipOf, thingName } from "./ownership.ts";
import { placementFor, readContainerPlan } from "./plan.ts";
import { seccompProfile } from "./seccomp.ts";
import { openSocketWay } from "./socket-placement.ts";
import { giveFolders } from "./workshop.ts";

/**
 * Runs an empty cage with an idle holder, and answers while it comes up: `serve` and `start` wait for it. Rejects with
 * HOST_UNFIT, PLAN_INVALID, WORKSPACE_REFUSED or CREATE_FAILED; what exists by then is on `context.cleanup`.
 */
export async function createCage(plan: BottlePlan, context: CreateContext): Promise<BottleShell> {
  const { facts, folders, cleanup, journal } = context;
  const stored = readStoredFolders(dirname(folders.home));
  const engine = stored?.engine ?? engineHere();
  const wanted = readContainerPlan(plan.backendPlan);
  checkGuests(plan);
  const [{ about, endpoint }, image] = await Promise.all([briefing(engine), briefedImage(engine, wanted.image)]);
  if (about.remapped) {
    throw new BottleError("HOST_UNFIT", "this engine gives containers other user ids (userns-remap)", {
      hint: "use an engine without userns-remap, or the bubblewrap backend",
    });
  }
  const memory = new SightMemory(folders, [about.id, endpoint]);
  const sees = stored === null && (await sightOf(memory, plan, context, engine, image.id)) === "here";
  const here = { endpoint, product: about.product, platform: process.platform, sees };
  const placement = placementFor(wanted.placement, here);
  if (sees) {
    checkBound(plan, about);
    const own = plan.workspace.mode === "bind" ? [folders.home] : [folders.home, folders.workspace];
    await giveFolders(own, plan.name, facts, engine);
  }

  const run = realpathSync(folders.run);
  const files = runFiles(run);
  await journal("run files", { ...files });
  cleanup.push("run files", () => removeRunFiles(files));
  writeRunFiles(files, JSON.stringify(seccompProfile(facts.arch)));
  orUnwritable(run, () => {
    writeFileSync(join(files.etc, "resolv.conf"), "", { mode: 0o644 });
    // A file is shown as it is when the container is made: `start` writes into these.
    writeFileSync(join(files.guest, TRUST_FILES.bundle), "", { mode: 0o644 });
  });

  const [volumes, way] = await allOrNone([
    sees ? null : openVolumes({ plan, context, engine, stored, files, image: image.id }),
    placement === "bundle"
      ? openBundle(plan.name, context, engine, files, wanted.runtime)
      : openSocketWay(run, context),
  ]);
  const { attachment } = way;
  const ownership = await ownershipOf("cage", plan.name, facts, folders);
  const name = thingName(ownership);
  const shown =
    volumes === null
      ? { etc: files.etc, mounts: hostMounts(plan, folders, files) }
      : { etc: null, mounts: volumes.mounts, words: volumes.words((await way.address) ?? "") };
  await journal("container", { name });
  const cage = openCage(
    engine,
    name,
    cageArguments({
      name,
      ownership,
      image: image.id,
      runtime: wanted.runtime,
      seccompFile: files.seccomp,
      attachment,
      ...shown,
      limits: plan.limits,
    }),
  );
  // Reported by `serve`; what the engine was once seen to see it may see no longer.
  cage.ready.catch((error: unknown) => {
    if (error instanceof BottleError && error.facts?.finding === "not-shared") memory.forget();
  });
  let torn: Promise<void> | null = null;
  const teardown = () => {
    torn ??= cage
      .end()
      .finally(() => {
        closeWay(run);
        removeRunFiles(files);
      })
      .then(() => volumes?.remove());
    return torn;
  };
  cleanup.push("container", teardown);
  // A bottle that has no way out any more but looks alive would only confuse.
  void way.ended?.then(() => cage.end()).catch(() => {}); // an end that fails is reported by `teardown`

  return {
    guest: {
      home: GUEST.home,
      workspace: plan.workspace.guest,
      run: GUEST.run,
      proxyUrl: attachment.proxyUrl,
      network: attachment.reaches,
    },
    serve: async (ways) => {
      // Whichever fails first says why.
      const [serve] = await Promise.all([way.ready, cage.ready]);
      const services = await serve(ways);
      // Services in a sidecar end after the cage, and before the sidecar.
      cleanup.push("container", teardown);
      return services;
    },
    start: async (list) => {
      await cage.ready;
      if (volumes === null) writeGuestFiles(files, list);
      else await volumes.place(name, list);
      const tool = (tool: string) => facts.tools[tool] ?? `/usr/bin/${tool}`;
      const entry: Entry = {
        engine,
        container: name,
        image: image.id,
        labels: labelArguments({ ...ownership, kind: "workshop" }),
        cwd: plan.workspace.cwd,
        // Where engine and host process share a kernel the one dies with what connects them.
        ...(placementFor(null, here) === "bundle" && { distant: true }),
        tools: { script: tool("script"), setsid: tool("setsid"), shell: "/bin/sh", stty: tool("stty") },
      };
      return openBottle({ version: 1, entry }, { teardown, ended: () => cage.ended });
    },
  };
}

/** Whether the engine sees the folders of a new bottle: remembered, else tried. */
async function sightOf(
  memory: SightMemory,
  plan: BottlePlan,
  { folders, facts }: CreateContext,
  engine: Engine,
  image: string,
): Promise<Sight> {
  const known = memory.recall();
  if (known !== null) return known;
  const sight = await trySight(
    engine,
    [realpathSync(folders.run), realpathSync(folders.home)],
    image,
    plan.name,
    facts,
  );
  await memory.keep(sight);
  return sight;
}

function hostMounts(plan: BottlePlan, folders: CreateContext["folders"], { guest }: RunFiles): BindMount[] {
  const planned = plan.mounts.map((mount) => ({ host: realMount(mount.host), guest: mount.guest }));
  const workspace = hostWorkspace(plan, folders.workspace);
  return cageMounts(planned, {
    guest,
    home: realpathSync(folders.home),
    workspace,
    workspaceGuest: plan.workspace.guest,
  });
}
