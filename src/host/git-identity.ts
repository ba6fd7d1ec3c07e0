import type { HostFacts } from "../core/model/host-facts.ts";
import type { GitIdentity } from "../core/model/setup.ts";
import { run } from "./exec.ts";

const LIMIT_MS = 3000;
const MAX_BYTES = 16 << 10;

/**
 * What `git` takes for the operator's name and address in this folder, conditional includes and the repository's own
 * settings among it. `git config --get-regexp` reads and runs nothing: no hook, no filter, no fsmonitor, no pager
 * (attack row 145). A value is cut to 256 characters, without control characters; null: git knows none, or is not here.
 */
export async function gitIdentity(
  workspace: string,
  { tools }: Pick<HostFacts, "tools">,
  env: Readonly<Record<string, string | undefined>>,
): Promise<GitIdentity> {
  const { git } = tools;
  if (git === undefined) return { name: null, email: null, defaultBranch: null };
  const kept = ["HOME", "XDG_CONFIG_HOME"].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const read = async (folder: string): Promise<string> => {
    const command = {
      argv: [git, "-C", folder, "config", "--null", "--get-regexp", "^(user\\.(name|email)|init\\.defaultbranch)$"],
      env: { ...Object.fromEntries(kept), PATH: "/usr/bin:/bin", LC_ALL: "C", GIT_TERMINAL_PROMPT: "0" },
    };
    // A FIFO for a config file would keep it waiting.
    const result = await run(command, { timeoutMs: LIMIT_MS, maxBytes: MAX_BYTES }).catch(() => null);
    if (result?.code === 0) return result.stdout.toString("utf8");
    // 1: no such key. A repository that git cannot read does not take the operator's own name away.
    return result?.code === 1 || folder === "/" ? "" : read("/");
  };
  const values = new Map<string, string>();
  for (const entry of (await read(workspace)).split("\0")) {
    const [key = "", ...lines] = entry.split("\n");
    values.set(key, cleaned(lines.join(" ")));
  }
  const value = (key: string): string | null => values.get(key) || null;
  const branch = value("init.defaultbranch");
  return {
    name: value("user.name"),
    email: value("user.email"),
    defaultBranch: branch !== null && isBranch(branch) ? branch : null,
  };
}

function cleaned(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\ufffd<>]/gu, "")
    .trim()
    .slice(0, 256);
}

function isBranch(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/.test(name) && !/\.\.|\/\/|[/.]$|\.lock$/.test(name);
}
