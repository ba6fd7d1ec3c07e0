import { randomBytes } from "node:crypto";
import { realpath, stat } from "node:fs/promises";
import { providers } from "../agents/providers.ts";
import type { Backend } from "../backends/backend.ts";
import { loadBackend } from "../backends/builtins.ts";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import type { EgressRule } from "../core/model/policy.ts";
import { GUEST_HOME } from "../core/plan/guest.ts";
import { formatProblem } from "../core/plan/manifest-problems.ts";
import { bottlePlaces } from "../core/plan/provenance.ts";
import { resolvePlan } from "../core/plan/resolve.ts";
import { searchPath } from "../core/plan/run-files.ts";
import { selectAgent } from "../core/plan/selection.ts";
import type { StartRequest } from "../core/plan/start-request.ts";
import type { RulePlaces } from "../core/plan/why.ts";
import { printable } from "../core/wire/printable.ts";
import { findAgentBinary } from "../host/agent-binary.ts";
import { isErrno } from "../host/files.ts";
import { toolNotes } from "../host/project-tools.ts";
import { protectedFolders } from "../host/protected-folders.ts";
import { findRepository } from "../host/repository.ts";
import { firstPresent } from "../host/secrets.ts";
import { findEquipment } from "../host/toolchains.ts";
import { loadManifest } from "../state/manifests.ts";
import { findSetup } from "./agent-setup.ts";
import { BACKEND_VARIABLE, chooseBackend } from "./backend-choice.ts";
import type { SessionContext } from "./context.ts";
import { refuseUnjudged } from "./judged-files.ts";
import { topOf } from "./project-folder.ts";

/** What a start is about to do, and who will do it. */
export interface Prepared {
  readonly plan: BottlePlan;
  readonly backend: Backend;
  /** Where the definitions of its rules stand. */
  readonly places: RulePlaces;
}

/** Changes that the demo makes to an ordinary start. */
export interface PrepareOptions {
  /** Come before all other rules. */
  readonly extraRules?: readonly EgressRule[];
  /** The agent's terminal is held for it: none of the operator's is needed. */
  readonly detached?: boolean;
}

/** Lines about what comes in and what does not, at most: a start is no report. */
const SAID = 8;

async function realFolder(path: string): Promise<string> {
  const refuse = (why: string) =>
    new BottleError("WORKSPACE_REFUSED", `${path} ${why}`, { hint: "name the folder that the agent shall work in" });
  try {
    const real = await realpath(path);
    if ((await stat(real)).isDirectory()) return real;
  } catch (error) {
    if (isErrno(error, "ENOENT")) throw refuse("does not exist");
    if (isErrno(error, "EACCES")) throw refuse("lies in a folder that you may not enter");
    if (isErrno(error, "ELOOP")) throw refuse("is a link that leads to itself");
    if (!isErrno(error, "ENOTDIR")) throw error;
  }
  throw refuse("is not a folder");
}

/** Reads what there is to read and resolves it into a plan. Creates nothing and reads no secret's value into the plan. */
export async function prepare(
  request: StartRequest,
  context: SessionContext,
  options: PrepareOptions = {},
): Promise<Prepared> {
  const { facts, layout, env } = context;
  const named = request.backend ?? env[BACKEND_VARIABLE];
  // A name that is none is told where the backend is chosen.
  if (named && !request.dryRun)
    void loadBackend(named).then(
      ({ warm }) => warm?.(NO_OPTIONS),
      () => undefined,
    );
  const workspace = await realFolder(request.path);
  const repository = await findRepository(workspace);
  const project = topOf(workspace, repository, facts.home);
  const manifest = await loadManifest({ layout, workspace: project, home: facts.home, uid: facts.uid }, providers);
  const selected = selectAgent(request, manifest, providers);
  if (!selected.ok) throw selected.error;
  const { selection } = selected;
  if (request.prompt === null && !request.dryRun && context.ask === null && options.detached !== true) {
    throw new BottleError("USAGE", "an interactive agent needs a terminal on stdin and stdout", {
      hint: `give it a prompt, bottle start ${selection.agent} -p "...", or a terminal to attach to later: -d`,
    });
  }
  const folders = await protectedFolders(facts.home, layout, env);
  // What is missing of the setup is told before a program is fetched.
  const definition = { backend: selection.bottle.backend, bottle: selection.bottleName };
  const [setup, { backend, why }, found] = await Promise.all([
    findSetup(selection, project, folders, context),
    chooseBackend({ asked: request.backend, definition, env }, facts),
    findEquipment(selection.bottle, { home: facts.home, env, uid: facts.uid }),
  ]);
  const { image = null, runtime = null, placement = null } = selection.bottle;
  if (!request.dryRun) backend.warm?.({ image, runtime, placement });
  refuseUnjudged(selection, setup, manifest.project, project);
  const candidate = await firstPresent(selection.provider.credentials(facts.home), env);
  const binary = await findAgentBinary({
    provider: selection.provider,
    command: request.command ?? selection.command,
    workspace,
    cwd: context.cwd,
    facts,
    cache: layout.cache,
    env,
    say: context.say,
    install: !request.dryRun,
    signal: context.signal,
  });
  const resolved = resolvePlan({
    setup,
    request,
    manifest,
    selection,
    facts,
    binary,
    candidate,
    workspace,
    repository,
    protectedFolders: folders,
    found,
    backend,
    backendChoice: why,
    entropy: randomBytes(32),
    extraRules: options.extraRules ?? [],
  });
  if (!resolved.ok) throw resolved.error;
  // Of other definitions than those of this start: an error of this one says them all itself.
  for (const line of first(manifest.problems.map(formatProblem), "bottle info shows all"))
    context.say(`bottle: note: ${line}`);
  if (manifest.project?.note) context.say(`bottle: note: ${manifest.project.note}`);
  const surroundings = { home: facts.home, env, uid: facts.uid };
  const path = resolved.plan.env.PATH ?? searchPath(GUEST_HOME);
  for (const note of await toolNotes(resolved.plan, path, workspace, surroundings))
    context.say(`bottle: note: ${note}`);
  const { leftOut, notes } = resolved.plan.setup;
  const said = first([...notes, ...leftOut.map((what) => `left out: ${what}`)], "bottle plan shows all");
  if (!request.dryRun) for (const line of said) context.say(`bottle: note: ${printable(line)}`);
  const { agent, bottleName, origin } = selection;
  const places = { ...bottlePlaces(bottleName, manifest), agent, agentFile: origin?.file ?? null };
  return { plan: resolved.plan, backend, places };
}

const NO_OPTIONS = { image: null, runtime: null, placement: null };

/** At most `SAID` lines; the last then says how many more there are, and which verb shows them. */
function first(lines: readonly string[], where: string): readonly string[] {
  if (lines.length <= SAID) return lines;
  return [...lines.slice(0, SAID - 1), `${lines.length - SAID + 1} more: ${where}`];
}
