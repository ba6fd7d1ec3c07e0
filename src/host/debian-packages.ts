import { accessSync, constants } from "node:fs";
import { run } from "./exec.ts";

/** `installed`, or why not with the line to type. */
export type PackageOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly why: string; readonly type: string };

const APT = "/usr/bin/apt-get";
const SUDO = "/usr/bin/sudo";
const LIMIT_MS = 10 * 60_000;

function present(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What apt may see of our environment: no secret of the operator's, but the way to the mirror. */
function aptEnv(): Record<string, string> {
  const env: Record<string, string> = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    DEBIAN_FRONTEND: "noninteractive",
    LC_ALL: "C.UTF-8",
  };
  for (const name of ["http_proxy", "https_proxy", "no_proxy"]) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/**
 * Installs Debian packages when that needs no question: as root, or with sudo that asks for no password.
 * Everywhere else it does nothing and says what to type. `say` gets one line for each long step.
 */
export async function installDebianPackages(
  names: readonly string[],
  say: (line: string) => void,
): Promise<PackageOutcome> {
  const list = names.join(" ");
  const type = `sudo apt-get install ${list}`;
  if (!present(APT)) return { ok: false, why: "this is not a Debian or Ubuntu system", type: `install ${list}` };
  const env = aptEnv();
  const root = process.getuid?.() === 0;
  if (!root) {
    const asks = !present(SUDO) || (await run({ argv: [SUDO, "-n", "true"], env }, { timeoutMs: 10_000 })).code !== 0;
    if (asks) return { ok: false, why: "that needs root", type };
  }
  // sudo starts with an environment of its own; env gives it ours.
  const lead = root
    ? []
    : [SUDO, "-n", "/usr/bin/env", ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  const apt = (...args: readonly string[]) =>
    run({ argv: [...lead, APT, "-o", "DPkg::Lock::Timeout=120", "-qq", ...args], env }, { timeoutMs: LIMIT_MS });
  const install = () => apt("install", "-y", "--no-install-recommends", ...names);

  say(`installing ${list} with apt`);
  let result = await install();
  if (result.code !== 0) {
    say("the package lists are old or absent: apt-get update");
    await apt("update");
    result = await install();
  }
  if (result.code === 0) return { ok: true };
  const why = result.stderr.toString("utf8").trim().split("\n").at(-1) ?? "";
  return { ok: false, why: `apt-get ended with ${result.code}: ${why}`, type: `sudo apt-get update && ${type}` };
}
