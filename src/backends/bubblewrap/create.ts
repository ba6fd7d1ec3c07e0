import { realpathSync } from "node:fs";
import { BottleError } from "../../core/model/errors.ts";
import type { BottlePlan, Json } from "../../core/model/plan.ts";
import { ownIdentity } from "../../host/process-identity.ts";
import type { BottleShell, CreateContext } from "../backend.ts";
import { seccompBytes, seccompProgram } from "../call-filter.ts";
import { GUEST } from "../guest.ts";
import { checkGuests, hostWorkspace, realMount } from "../mounts.ts";
import { removeRunFiles, runFiles, writeGuestFiles, writeRunFiles } from "../run-files.ts";
import { type Handle, openBottle } from "./bottle.ts";
import { type Cage, killCage, openCage } from "./cage.ts";
import { cageArguments, FD, initCommand } from "./cage-arguments.ts";
import { groupFor, makeGroup, removeGroup, scopePrefix, systemctlOf } from "./cgroup.ts";
import { type Entry, launchScript } from "./entry-arguments.ts";
import { lookAtHost } from "./host-view.ts";
import { agentIds, giveFolder } from "./identity.ts";
import { makeListener } from "./listener.ts";
import { tagOf } from "./survey.ts";
import { entryTools, managerEnv } from "./tools.ts";
import { watchLimits } from "./watch.ts";

/**
 * Spawns an empty cage with an idle init, and answers while it comes up: `serve` and `start` wait for it. Rejects with
 * HOST_UNFIT, PLAN_INVALID, WORKSPACE_REFUSED or CREATE_FAILED; what exists by then is on `context.cleanup`.
 */
export async function createCage(plan: BottlePlan, context: CreateContext): Promise<BottleShell> {
  const { facts, folders, cleanup, journal } = context;
  const tools = entryTools(facts);
  const program = seccompBytes(seccompProgram(facts.arch));
  const ids = agentIds(facts, { home: folders.home, workspace: plan.workspace });
  const workspace = { host: hostWorkspace(plan, folders.workspace), guest: plan.workspace.guest };
  checkGuests(plan);
  const host = ownIdentity();

  const files = runFiles(realpathSync(folders.run));
  await journal("run files", { ...files });
  cleanup.push("run files", () => removeRunFiles(files));
  writeRunFiles(files, program);
  giveFolder(folders.home, ids);
  if (plan.workspace.mode !== "bind") giveFolder(folders.workspace, ids);

  const group = groupFor(plan.name, host, facts.cgroup);
  const manager = managerEnv(facts, process.env.XDG_RUNTIME_DIR);
  const systemctl = systemctlOf(facts.tools.systemctl, manager);
  await journal("control group", group as unknown as Json);
  cleanup.push("control group", () => removeGroup(group, systemctl));
  const limited = makeGroup(group, plan.limits, systemctl);
  limited.catch(() => {}); // awaited below
  // Folders must be there before the cage joins them; a slice comes with its first scope, its limits before `start`.
  if (group.kind !== "systemd") await limited;

  await journal("cage", { tag: tagOf(plan.name, host) });
  const opening = openCage({
    ...ids,
    bwrap: tools.bwrap,
    shell: tools.shell,
    prefix: scopePrefix(group, tools.systemdRun),
    prefixEnv: manager,
    launch: launchScript(group, files.seccomp, [0, 1, 2, FD.args, FD.info, FD.usernsBlock]),
    tag: tagOf(plan.name, host),
    arguments: cageArguments({
      mode: ids.mode,
      view: lookAtHost(),
      etc: files.etc,
      run: files.guest,
      home: realpathSync(folders.home),
      workspace,
      mounts: plan.mounts.map(({ host, guest }) => ({ host: realMount(host), guest })),
      tmpBytes: plan.limits.tmpBytes,
    }),
    command: initCommand(ids.mode),
  });
  opening.catch(() => {}); // reported by `serve`
  const aborted = new AbortController();
  let torn: Promise<void> | null = null;
  const teardown = () => {
    torn ??= (async () => {
      aborted.abort();
      listener.then((server) => server.close()).catch(() => {});
      const cage = await opening.catch(() => null);
      const killed = cage === null || (await killCage(cage.init, cage.monitor));
      removeRunFiles(files);
      await removeGroup(group, systemctl);
      if (!killed) throw new BottleError("TEARDOWN_INCOMPLETE", "the cage did not end", { hint: "run `bottle prune`" });
    })();
    return torn;
  };
  cleanup.push("cage", teardown);

  const listenerTools = { nsenter: tools.nsenter, node: facts.node, perl: facts.tools.perl, arch: facts.arch };
  const listener = opening.then((cage) =>
    makeListener(listenerTools, ids.mode, cage.init.pid, GUEST.port, aborted.signal),
  );
  listener.catch(() => {}); // reported by `serve`, or of no interest when the cage failed
  const ready = opening.then(cageReady);
  ready.catch(() => {});

  return {
    guest: {
      home: GUEST.home,
      workspace: plan.workspace.guest,
      run: GUEST.run,
      proxyUrl: GUEST.proxyUrl,
      network: "none",
    },
    serve: async (ways) => {
      // Whichever fails first says why.
      const [server] = await Promise.all([listener, ready, limited]);
      return ways.here(server);
    },
    start: async (list) => {
      const [cage] = await Promise.all([opening, ready, limited]);
      writeGuestFiles(files, list);
      const entry: Entry = {
        mode: ids.mode,
        tag: tagOf(plan.name, host),
        init: cage.init,
        seccompFile: files.seccomp,
        group,
        cwd: plan.workspace.cwd,
        tools,
        managerEnv: manager,
      };
      const handle: Handle = {
        version: 1,
        entry,
        monitor: cage.monitor,
        pidNamespace: cage.pidNamespace,
        runFiles: Object.values(files),
      };
      if (group.kind === "none") watchLimits(cage, plan.limits, aborted.signal);
      const ended = cage.ended.then(() => {});
      return openBottle(handle, teardown, ended);
    },
  };
}

/** Resolves when bwrap has finished and the idle process runs: it echoes our byte. Rejects with HOST_UNFIT. */
async function cageReady(cage: Cage): Promise<void> {
  const echoed = new Promise<true>((resolve) => cage.stdout.once("data", () => resolve(true)));
  cage.stdin.write("\n");
  const first = await Promise.race([echoed, cage.ended.then(() => false as const)]);
  if (!first) throw await cage.failure();
  // What the bottle holds of these two pipes leads nowhere from now on.
  cage.stdout.destroy();
  cage.silence();
}
