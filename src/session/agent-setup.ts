import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import type { FoundSetup } from "../core/model/setup.ts";
import type { AgentSelection } from "../core/plan/selection.ts";
import type { SourceBounds } from "../core/plan/source-refusals.ts";
import type { ProtectedFolders } from "../core/plan/workspace-refusals.ts";
import { printable } from "../core/wire/printable.ts";
import { gitIdentity } from "../host/git-identity.ts";
import type { SetupSource } from "./agent-setup/sources.ts";
import type { SessionContext } from "./context.ts";

/**
 * Reads what the manifest wants the agent to have: instructions, skills, a name for its commits, parts of the
 * operator's own configuration. Reads only. Errors: SOURCE_REFUSED with everything that cannot be brought in, by name.
 */
export async function findSetup(
  selection: AgentSelection,
  workspace: string,
  protectedFolders: ProtectedFolders,
  { facts, layout, env }: Pick<SessionContext, "facts" | "layout" | "env">,
): Promise<FoundSetup> {
  const { wanted, provider, origin, bottle } = selection;
  const isProject = origin?.by === "project";
  const skillsFolder = provider.skillsFolder ?? null;
  const allowed = [layout.config, ...(skillsFolder === null ? [] : [join(facts.home, skillsFolder)])];
  const bounds: SourceBounds = {
    protectedFolders,
    allowed: await Promise.all(allowed.map((folder) => realpath(folder).catch(() => folder))),
    project: isProject ? dirname(origin.file) : null,
  };
  const source: SetupSource = {
    base: origin === null ? workspace : dirname(origin.file),
    home: facts.home,
    bounds,
  };
  const problems: string[] = [];
  if (wanted.skills.length > 0 && skillsFolder === null) {
    problems.push(`${provider.title} knows no skills: take skills out of agent ${selection.agent}`);
  }
  if (wanted.config.length > 0 && provider.ownConfig === undefined) {
    problems.push(
      `${provider.title} has no configuration that could be brought in: take config out of agent ${selection.agent}`,
    );
  }
  if (wanted.config.length > 0 && isProject) {
    problems.push("config: only the operator's own file may bring the operator's configuration in");
  }
  if (problems.length > 0) throw refused(selection, problems);

  const wantsIdentity = bottle.git?.identity !== "none";
  const [files, config, git] = await Promise.all([
    wanted.promptFile === null && wanted.skills.length === 0 ? null : findFiles(wanted, source),
    provider.ownConfig === undefined || wanted.config.length === 0
      ? null
      : findConfig(provider.ownConfig.sources, wanted.config, source),
    wantsIdentity ? gitIdentity(workspace, facts, env) : null,
  ]);
  const all = [...(files?.prompt?.problems ?? []), ...(files?.skills.problems ?? [])];
  if (all.length > 0) throw refused(selection, all);
  return { instructions: files?.prompt?.text ?? null, skills: files?.skills.skills ?? [], git, config };
}

// Each of the two is loaded only where a manifest asks for it.
async function findFiles({ promptFile, skills }: AgentSelection["wanted"], source: SetupSource) {
  const { findPrompt, findSkills } = await import("./agent-setup/sources.ts");
  const [prompt, found] = await Promise.all([
    promptFile === null ? null : findPrompt(promptFile, source),
    findSkills(skills, source),
  ]);
  return { prompt, skills: found };
}

async function findConfig(...words: Parameters<typeof import("./agent-setup/config.ts").findConfig>) {
  const config = await import("./agent-setup/config.ts");
  return config.findConfig(...words);
}

function refused({ agent }: AgentSelection, problems: readonly string[]): BottleError {
  const lines = problems.map((line) => printable(line, 1024));
  const list = lines.length === 1 ? ` ${lines[0]}` : lines.map((line) => `\n  ${line}`).join("");
  return new BottleError("SOURCE_REFUSED", `agent ${agent} cannot start:${list}`, {
    hint: "a skill is a folder with a SKILL.md, or one .md file; mend it, or take it out of the manifest",
  });
}
