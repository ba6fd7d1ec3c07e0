import { configEnvironment, type Git, gitProgram, gitWith, QUIET, STILL } from "./git.ts";

/** What of the operator's environment their own git may see: who they are and where their configuration lies. */
const THEIRS = [
  "HOME",
  "XDG_CONFIG_HOME",
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_AUTHOR_NAME",
  "GIT_AUTHOR_EMAIL",
  "GIT_COMMITTER_NAME",
  "GIT_COMMITTER_EMAIL",
  "EMAIL",
  // Whom git takes for the owner of a repository under sudo (git-config(1), safe.directory).
  "SUDO_UID",
];

/** Git's own merge of three files, in the place of whatever merge driver is configured. */
const PLAIN_MERGE = "git merge-file --marker-size=%L %A %O %B";

/**
 * Git in the operator's own work tree: their identity, their refs, their settings, but nothing that is run by
 * configuration: no hooks, fsmonitor, filters, external diffs, text conversions, merge drivers, signing, network
 * (attack rows 87, 139). The repository is found as git finds it, so that git's own judgement of its owner
 * (safe.directory) holds. Errors: HOST_UNFIT, GIT_FAILED.
 */
export async function operatorGit(
  tools: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
  workTree: string,
): Promise<Git> {
  const program = gitProgram(tools);
  const theirs: Record<string, string> = {};
  for (const name of THEIRS) {
    const value = env[name];
    if (value !== undefined) theirs[name] = value;
  }
  const prefix = ["-C", workTree];
  const asked = gitWith(program, prefix, { ...QUIET, ...theirs, ...configEnvironment(STILL) });
  const listed = await asked.run(["config", "--null", "--name-only", "--list"]);
  return gitWith(program, prefix, {
    ...QUIET,
    ...theirs,
    ...configEnvironment([...STILL, ...silenced(listed.toString("utf8").split("\0").filter(Boolean))]),
  });
}

/** For each driver that the keys of a configuration define, settings that take it out. Pure. */
export function silenced(keys: readonly string[]): readonly (readonly [string, string])[] {
  const settings: (readonly [string, string])[] = [];
  const seen = new Set<string>();
  for (const key of keys) {
    const [, section, name] = /^(filter|diff|merge|gpg)\.(.+)\.[^.]+$/s.exec(key) ?? [];
    if (section === undefined || name === undefined || seen.has(`${section}.${name}`)) continue;
    seen.add(`${section}.${name}`);
    if (section === "filter") {
      for (const word of ["clean", "smudge", "process"]) settings.push([`filter.${name}.${word}`, ""]);
      settings.push([`filter.${name}.required`, "false"]);
    } else if (section === "diff") {
      settings.push([`diff.${name}.command`, ""], [`diff.${name}.textconv`, ""]);
    } else if (section === "merge") {
      settings.push([`merge.${name}.driver`, PLAIN_MERGE]);
    } else {
      settings.push([`gpg.${name}.program`, "/bin/false"]);
    }
  }
  return settings;
}
