import type { AgentProvider, AgentRunRequest } from "../model/agent.ts";
import type { GitDefinition } from "../model/definition.ts";
import type { PlacedFile, ProvisionCopy } from "../model/plan.ts";
import type { EgressRule } from "../model/policy.ts";
import type { FoundSetup, FoundSkill, HostFile, Inside, JudgedConfig, PlannedSetup } from "../model/setup.ts";
import { hostMatches } from "../policy/hosts.ts";
import { parseHost } from "../wire/authority.ts";
import { chooseIdentity, gitConfigText, identityProblems } from "./git-config.ts";
import { promptPath } from "./guest.ts";

export interface SetupInputs {
  readonly found: FoundSetup;
  readonly provider: AgentProvider;
  readonly run: AgentRunRequest;
  readonly git: GitDefinition | undefined;
  readonly inside: Inside;
}

export interface SetupPlan {
  readonly files: readonly PlacedFile[];
  readonly env: Readonly<Record<string, string>>;
  readonly setup: PlannedSetup;
  readonly problems: readonly string[];
}

const NOTHING_JUDGED: JudgedConfig = { own: {}, env: {}, leftOut: [], notes: [] };

/**
 * All files of the agent's home, the same on every backend: what its provider seeds, its instructions, its git
 * settings, its skills, what it gets of the operator's own configuration. PURE.
 */
export function planSetup({ found, provider, run, git, inside }: SetupInputs): SetupPlan {
  const identity = chooseIdentity(git, found.git);
  const judged =
    found.config === null || provider.ownConfig === undefined
      ? NOTHING_JUDGED
      : provider.ownConfig.judge(found.config, inside);
  const own: PlacedFile[] = [
    ...provider.files({ ...run, own: judged.own }),
    { path: promptPath(run.home), mode: 0o600, text: run.instructions ?? "" },
    {
      path: `${run.home}/.gitconfig`,
      mode: 0o644,
      text: gitConfigText(identity, inside.workspace.guest, Object.keys(git?.repos ?? {}).length > 0),
    },
  ];
  const skills = found.skills.flatMap((skill) => skillFiles(skill, `${run.home}/${provider.skillsFolder ?? "skills"}`));
  const taken = new Set([...own, ...skills].map(({ path }) => path));
  const skillFolders = found.skills.map(({ name }) => `${provider.skillsFolder ?? "skills"}/${name}/`);
  const copies = (found.config?.files ?? []).filter(
    ({ path }) => !taken.has(`${run.home}/${path}`) && !skillFolders.some((folder) => path.startsWith(folder)),
  );
  const clean = copies.filter(({ suspicious }) => !suspicious);
  return {
    files: [...own, ...skills, ...clean.map((file) => copyOf(file, `${run.home}/${file.path}`))],
    env: judged.env,
    setup: {
      brought: [...found.skills.map(describeSkill), ...describeConfig(found, clean, inside.hostHome)],
      leftOut: [
        ...(found.config?.leftOut ?? []),
        ...judged.leftOut,
        ...copies.flatMap(({ path, suspicious }) => (suspicious ? [`~/${path}: holds what looks like a secret`] : [])),
      ],
      notes: [
        ...judged.notes,
        ...found.skills.flatMap(({ name, files }) =>
          files.flatMap(({ path, suspicious }) =>
            suspicious ? [`skill ${name}: ${path} holds what looks like a secret, and the agent can read it`] : [],
          ),
        ),
      ],
      watched: [
        ...[...(provider.watched ?? []), ".gitconfig"].map((path) => `${run.home}/${path}`),
        promptPath(run.home),
      ],
    },
    problems: identityProblems(identity),
  };
}

/** A single file becomes the folder's SKILL.md. */
function skillFiles({ name, from, files }: FoundSkill, folder: string): readonly ProvisionCopy[] {
  return files.map((file) => copyOf(file, `${folder}/${name}/${file.host === from ? "SKILL.md" : file.path}`));
}

function copyOf({ host, mode, bytes, sha256 }: HostFile, path: string): ProvisionCopy {
  return { path, mode, source: { host, bytes, sha256 } };
}

function describeSkill({ name, from, files }: FoundSkill): PlannedSetup["brought"][number] {
  return { what: `skill ${name}`, from, files: files.length, bytes: total(files) };
}

function describeConfig({ config }: FoundSetup, files: readonly HostFile[], hostHome: string): PlannedSetup["brought"] {
  const values = Object.keys(config?.values ?? {}).map((path) => ({
    what: "your settings",
    from: `${hostHome}/${path}`,
    files: 1,
    bytes: 0,
  }));
  const folders = Map.groupBy(files, ({ path }) => path.split("/").slice(0, 2).join("/"));
  return [
    ...values,
    ...[...folders].map(([path, group]) => ({
      what: "your configuration",
      from: `${hostHome}/${path}`,
      files: group.length,
      bytes: total(group),
    })),
  ];
}

function total(files: readonly HostFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Does some rule list this host and port? */
export function reachedBy(rules: readonly EgressRule[]): Inside["reaches"] {
  return (host, port) => {
    const authority = parseHost(host);
    return authority.ok && rules.some((rule) => rule.port === port && hostMatches(rule.host, { ...authority, port }));
  };
}
