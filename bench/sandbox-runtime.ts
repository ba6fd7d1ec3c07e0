import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { programPath } from "../test/support/needs.ts";
import type { BenchOptions } from "./measure.ts";

export const SRT = "@anthropic-ai/sandbox-runtime@0.0.78";

/** The nearest relative from npm, in a folder of the run, fetched once and only when asked for; else the reason. */
export function fetchSrt({
  folder,
  words,
  say,
}: BenchOptions): { readonly home: string } | { readonly missing: string } {
  if (!words.includes("srt"))
    return { missing: "`npm run bench -- srt` adds the comparison with sandbox-runtime from npm." };
  const missing = ["socat", "rg"].filter((name) => programPath(name) === null);
  if (missing.length > 0)
    return { missing: `sandbox-runtime needs ${missing.join(" and ")}, which are not installed here.` };
  const home = join(folder, "srt");
  if (existsSync(home)) return { home };
  mkdirSync(home);
  say(`fetching ${SRT} with npm into a temp folder`);
  const fetched = spawnSync("npm", ["install", "--prefix", home, "--ignore-scripts", "--no-audit", "--no-fund", SRT], {
    stdio: ["ignore", 2, 2],
  });
  return fetched.status === 0 ? { home } : { missing: `npm could not fetch ${SRT}.` };
}
