import { join } from "node:path";
import type { HostFacts } from "../core/model/host-facts.ts";
import { run } from "./exec.ts";
import { readTextFile } from "./files.ts";

/**
 * What the operator ignores in every repository: core.excludesFile of their own configuration, else git's default place
 * (gitignore(5)). Of no repository's configuration: it could name any file. Empty where there is none.
 */
export async function globalIgnores(
  { home, tools }: Pick<HostFacts, "home" | "tools">,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { git } = tools;
  if (git === undefined) return "";
  const config = env.XDG_CONFIG_HOME?.startsWith("/") ? env.XDG_CONFIG_HOME : join(home, ".config");
  const asked = await run(
    {
      argv: [git, "config", "--global", "--includes", "--type=path", "--get", "core.excludesFile"],
      env: { HOME: home, XDG_CONFIG_HOME: config, PATH: "/usr/bin:/bin", LC_ALL: "C" },
    },
    { timeoutMs: 5_000, maxBytes: 4096 },
  );
  const named = asked.code === 0 ? asked.stdout.toString("utf8").trim() : "";
  const file = await readTextFile(named.startsWith("/") ? named : join(config, "git", "ignore"));
  return file.kind === "text" ? file.text : "";
}
