import { access, constants, realpath } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { AgentBinary, AgentProvider } from "../core/model/agent.ts";
import { BottleError } from "../core/model/errors.ts";
import type { HostFacts } from "../core/model/host-facts.ts";
import { programBehind } from "./agent-binary/program-file.ts";
import { ownerProblem, projectProblem, within } from "./agent-binary/trust.ts";
import { programVersion } from "./agent-binary/version.ts";

export interface AgentSearch {
  readonly provider: AgentProvider;
  /** Absolute or `~/` path that the command line or manifest names; null: look for the provider's own. */
  readonly command: string | null;
  /** Real path of the folder that the agent gets. */
  readonly workspace: string;
  readonly cwd: string;
  readonly facts: HostFacts;
  /** Our cache folder; made when something is fetched. */
  readonly cache: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  /** False: fetch nothing (a dry run); the path is then where the program would be. */
  readonly install?: boolean;
  /** Ends a fetch that the operator no longer wants. */
  readonly signal?: AbortSignal;
}

type PathSearch = Pick<AgentSearch, "env" | "facts" | "workspace" | "cwd" | "say">;

/** The host's npm: of the system folders, else of PATH as far as that can be trusted; null: there is none. */
export const npmProgram = async (search: PathSearch): Promise<string | null> =>
  search.facts.tools.npm ?? onPath(search, "npm");

/**
 * The program of an agent: the named one, else the host's own, else the pinned package. What runs in the bottle is one
 * file of machine code, shown read-only, so that nothing the agent writes ever becomes its own program. A program
 * inside the workspace, the current folder or the project's node_modules is never taken from PATH: the repository
 * could have put it there (attack row 145). Errors: AGENT_BINARY_MISSING.
 */
export async function findAgentBinary(search: AgentSearch): Promise<AgentBinary> {
  const { provider, command, facts } = search;
  if (provider.program === null) return systemProgram(search);
  if (command !== null) return namedProgram(search, command.replace(/^~(?=\/)/, facts.home));
  return (await hostProgram(search, provider.program.hostName)) ?? (await pinnedProgram(search));
}

/** An agent without a program of its own runs what the system folders hold; they are shown in every bottle. */
async function systemProgram({ provider, command, facts }: AgentSearch): Promise<AgentBinary> {
  const path = command ?? facts.tools.bash ?? facts.tools.sh;
  if (path === undefined) throw missing(provider, "no shell was found in the system folders");
  if (!/^\/(usr|bin|sbin)\//.test(path)) {
    throw missing(
      provider,
      `${path} is not below /usr, which is all that a bottle shows of this system`,
      "name a program there, e.g. --command /usr/bin/sh",
    );
  }
  return { path, version: "of this system", origin: "host" };
}

async function namedProgram(search: AgentSearch, path: string): Promise<AgentBinary> {
  const { provider, workspace, facts } = search;
  if (!isAbsolute(path)) throw missing(provider, `${path} is not an absolute path`, NAMED);
  const real = await realpath(path).catch(() => null);
  if (real === null) throw missing(provider, `${path} does not exist`, NAMED);
  // Named by the operator, so it may lie in a project, but not where the agent itself writes.
  const problem = within(real, workspace) ? "lies in the workspace" : await ownerProblem(real, facts.uid);
  if (problem !== null) throw missing(provider, `${real} ${problem}`, "name another program with --command");
  return describe(search, real, "named command");
}

/** The host's own program; null: there is none that can be trusted. */
async function hostProgram(search: AgentSearch, name: string): Promise<AgentBinary | null> {
  const found = await onPath(search, name);
  return found === null ? null : describe(search, await realpath(found), `host ${name}`);
}

/** The first program called `name` on PATH that no project and no other user could have put there. */
async function onPath({ env, facts, workspace, cwd, say }: PathSearch, name: string): Promise<string | null> {
  // A login shell adds this folder; ssh and editors often start without it.
  const folders = [...(env.PATH ?? "").split(":"), join(facts.home, ".local/bin")];
  for (const folder of new Set(folders.filter(isAbsolute))) {
    const path = join(folder, name);
    const real = await executable(path);
    if (real === null) continue;
    const projects = [workspace, cwd];
    const problem =
      projectProblem(path, projects, facts.home) ??
      projectProblem(real, projects, facts.home) ??
      (await ownerProblem(real, facts.uid));
    if (problem === null) return path;
    say(`bottle: not used: ${path} ${problem}`);
  }
  return null;
}

/** Real path of a file that we may execute, or null. */
async function executable(path: string): Promise<string | null> {
  try {
    await access(path, constants.X_OK);
    return await realpath(path);
  } catch {
    return null;
  }
}

async function describe(search: AgentSearch, real: string, origin: string): Promise<AgentBinary> {
  const { provider, facts, cache } = search;
  const path = provider.program === null ? real : await programBehind(real, provider.program, facts.arch);
  if (path === null) {
    throw missing(
      provider,
      `${real} is a script, and no program of machine code for linux-${facts.arch} lies beside it`,
      "install the native program, or take the pinned package: put a PATH without it before the command",
    );
  }
  const problem = await ownerProblem(path, facts.uid);
  if (problem !== null) throw missing(provider, `${path} ${problem}`);
  return { path, version: await programVersion(path, cache), origin };
}

/** The pinned package's program, whatever this host has of its own. Errors: AGENT_BINARY_MISSING. */
export async function pinnedProgram(search: AgentSearch): Promise<AgentBinary> {
  const { provider, facts, cache, env, say } = search;
  const program = provider.program;
  const platform = program?.npmPlatforms[facts.arch];
  if (program === null || platform === undefined) {
    throw missing(provider, `there is no package for linux-${facts.arch}`, "name a program with --command");
  }
  const origin = `npm package ${platform.package}@${program.npmVersion}`;
  const pinned = { name: platform.package, version: program.npmVersion, sha512: platform.sha512, file: platform.file };
  const { fetchPinnedProgram, pinnedProgramPath } = await import("./npm-package.ts");
  const path = pinnedProgramPath(cache, pinned);
  if ((await executable(path)) !== null) return { path, version: program.npmVersion, origin };
  if (search.install === false) return { path, version: program.npmVersion, origin: `${origin}, still to be fetched` };
  const npm = await npmProgram(search);
  if (npm === null) {
    throw missing(provider, "it is not on this machine, and npm, which would fetch it, is missing", "apt install npm");
  }
  await fetchPinnedProgram(pinned, { title: provider.title, npm, facts, cache, env, say, signal: search.signal });
  return { path, version: program.npmVersion, origin };
}

const NAMED = "--command, or `command` in the manifest, names a program by its absolute path";

const missing = (provider: AgentProvider, why: string, hint?: string): BottleError =>
  new BottleError("AGENT_BINARY_MISSING", `${provider.title}: ${why}`, hint === undefined ? {} : { hint });
