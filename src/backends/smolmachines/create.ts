import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { BottlePlan } from "../../core/model/plan.ts";
import { ownIdentity } from "../../host/process-identity.ts";
import type { BottleShell, CreateContext } from "../backend.ts";
import { closeWay, listenOnWay, WAY_SOCKET, wayFolder } from "../gateway-socket.ts";
import { GUEST } from "../guest.ts";
import { checkGuests, hostWorkspace } from "../mounts.ts";
import { writeGuestFiles } from "../run-files.ts";
import { MAX_EXECS, MAX_EXECS_BESIDE_CARRIERS, openBottle } from "./bottle.ts";
import { bringUpIn } from "./bring-up.ts";
import { checkMachine } from "./bringup-checks.ts";
import { releaseOf, smolvmHere } from "./command-line.ts";
import type { Entry } from "./entry-arguments.ts";
import { holderWords, SHOWN } from "./holder-program.ts";
import { checkBound, checkIds, giveFolders } from "./identity.ts";
import { findImage, machineSource } from "./image.ts";
import { inputFolder } from "./input-files.ts";
import { lifelineOf } from "./lifeline.ts";
import { machineFolder, removeMachineFolder, writeMachineFolder } from "./machine-folder.ts";
import { createWords } from "./machine-words.ts";
import { endMachine } from "./machines.ts";
import { mannerOf } from "./manner.ts";
import { planMounts } from "./mounts.ts";
import { machineName } from "./names.ts";
import { openMachine } from "./opening.ts";
import { placesIn } from "./places.ts";
import { readMachinePlan } from "./plan.ts";
import type { Reach } from "./reach.ts";

/**
 * Makes and starts a machine without a network, and answers while it comes up: `serve` and `start` wait for it. Rejects
 * with HOST_UNFIT, PLAN_INVALID, WORKSPACE_REFUSED or CREATE_FAILED; what exists by then is on `context.cleanup`.
 */
export async function createMachine(plan: BottlePlan, context: CreateContext): Promise<BottleShell> {
  const { facts, folders, cleanup, journal } = context;
  checkGuests(plan);
  checkIds(facts);
  checkBound(plan);
  const image = await findImage(readMachinePlan(plan.backendPlan).image);
  const smolvm = await smolvmHere();
  const release = await releaseOf(smolvm);
  const manner = mannerOf(release);
  const source = await machineSource(manner, release, smolvm, image);
  const packed = manner.source === "pack";
  giveFolders(plan.workspace.mode === "bind" ? [folders.home] : [folders.home, folders.workspace], facts);

  const name = machineName({ kind: "cage", bottle: plan.name, host: ownIdentity() });
  const folder = machineFolder(name);
  await journal("machine folder", folder);
  cleanup.push("machine folder", () => removeMachineFolder(folder));
  const files = writeMachineFolder(folder, facts.arch, plan.limits);
  const { volumes, links } = planMounts(plan.mounts, folder);
  const inputs = manner.input === "pipe" ? null : inputFolder(folder);
  const signs = manner.bringUp === "any" ? null : bringUpIn(folder);
  const places = placesIn(folder, manner);
  const reach: Reach = { smolvm, machine: name, manner, bringUp: signs?.bringUp ?? null };

  const run = realpathSync(folders.run);
  await journal("gateway socket", run);
  cleanup.push("gateway socket", () => closeWay(run));
  const listener = await listenOnWay(run);
  cleanup.push("gateway listener", () => void listener.close());

  const socket = join(wayFolder(run), WAY_SOCKET);
  await journal("machine", { name });
  const lifeline = lifelineOf(smolvm, name);
  const holder = openMachine(
    reach,
    createWords(manner, {
      name,
      source: source.words,
      volumes: [
        { host: files.guest, guest: GUEST.run, writable: false },
        { host: files.etc, guest: SHOWN.etc, writable: false },
        ...[inputs, signs].flatMap((shown) => (shown === null ? [] : [shown.volume])),
        ...volumes,
        { host: realpathSync(folders.home), guest: GUEST.home, writable: true },
        { host: hostWorkspace(plan, folders.workspace), guest: plan.workspace.guest, writable: true },
      ],
      sockets: manner.way === "socket" ? [{ host: socket, guest: SHOWN.socket }] : [],
      limits: plan.limits,
    }),
    holderWords({
      way: manner.way,
      rights: manner.rights,
      tmpBytes: plan.limits.tmpBytes,
      writable: [GUEST.home, plan.workspace.guest],
      links,
      shown: plan.mounts.map(({ guest }) => guest),
      packed,
    }),
    manner.way === "exec" ? socket : null,
  );
  let torn: Promise<void> | null = null;
  const teardown = () => {
    torn ??= (async () => {
      holder.end();
      await holder.begun;
      await endMachine(smolvm, name);
      await lifeline.release();
      closeWay(run);
      removeMachineFolder(folder);
    })();
    return torn;
  };
  cleanup.push("machine", teardown);
  const checked = holder.ready.then(() => checkMachine(reach));
  checked.catch(() => {}); // reported by `start`
  // A bottle that has no way out any more but looks alive would only confuse.
  let broken: string | null = null;
  void holder.ended
    .then(async (why) => {
      broken = why;
      await teardown();
    })
    .catch(() => {}); // an end that fails is reported by `cleanup`

  return {
    guest: {
      home: GUEST.home,
      workspace: plan.workspace.guest,
      run: GUEST.run,
      proxyUrl: GUEST.proxyUrl,
      network: "none",
    },
    serve: async (ways) => {
      await holder.ready;
      return ways.here(listener);
    },
    start: async (list) => {
      await checked;
      writeGuestFiles(files, list);
      const tool = (tool: string) => facts.tools[tool] ?? `/usr/bin/${tool}`;
      const entry: Entry = {
        ...reach,
        inputs: inputs?.folder ?? null,
        places,
        cwd: plan.workspace.cwd,
        tools: {
          script: tool("script"),
          setsid: tool("setsid"),
          shell: "/bin/sh",
          stty: tool("stty"),
          timeout: tool("timeout"),
        },
      };
      const execs = manner.way === "exec" ? MAX_EXECS_BESIDE_CARRIERS : MAX_EXECS;
      const ended = () => holder.ended.then(teardown);
      return openBottle({ version: 2, entry }, { teardown, ended, why: () => broken, execs });
    },
  };
}
