import { existsSync } from "node:fs";
import { join } from "node:path";
import type { HostFacts } from "../core/model/host-facts.ts";

export interface LogoutFacts extends Pick<HostFacts, "uid" | "cgroup"> {
  /** Absolute path of systemd-run, where there is one. */
  readonly systemdRun: string | undefined;
  /** Is systemd the init of this machine (sd_booted(3))? */
  readonly systemd: boolean;
  /** Does this user's service manager run on without a session (loginctl(1), enable-linger)? */
  readonly lingers: boolean;
}

/** How a process is started that shall outlive the operator's session. */
export interface OutlivingStart {
  /** Words before its own. */
  readonly prefix: readonly string[];
  /** What the operator has to know, half a sentence; null: it outlives every logout. */
  readonly note: string | null;
}

/**
 * Where a process of its own session must stand to outlive a logout: PURE. Without systemd nowhere: nobody looks for it.
 * With it, in a scope of a service manager that runs on: the system's for root, a user's own where that lingers. Else the
 * session's scope is ended at logout, unless KillUserProcesses=no, and always by terminate-session; then the manager of
 * the user ends, and with it every cage in one of its slices (user@.service(5), logind.conf(5); docs/logout.md).
 */
export function outlivingStart({ uid, cgroup, systemd, systemdRun, lingers }: LogoutFacts): OutlivingStart {
  if (!systemd) return { prefix: [], note: null };
  const scoped = (scope: string) => [systemdRun ?? "", `--${scope}`, "--scope", "--quiet", "--collect", "--"];
  if (uid === 0) return { prefix: systemdRun === undefined ? [] : scoped("system"), note: null };
  if (!lingers) {
    return { prefix: [], note: "it may end when you log out; `loginctl enable-linger`, once, lets it outlive that" };
  }
  const manager = cgroup.kind === "systemd" && systemdRun !== undefined;
  return manager
    ? { prefix: scoped("user"), note: null }
    : { prefix: [], note: "it may end when you log out: your service manager does not answer (XDG_RUNTIME_DIR)" };
}

/** As this machine is now. */
export function outlivingStartHere({ uid, cgroup, user, tools }: HostFacts): OutlivingStart {
  return outlivingStart({
    uid,
    cgroup,
    systemdRun: tools["systemd-run"],
    systemd: existsSync("/run/systemd/system"),
    lingers: existsSync(join("/var/lib/systemd/linger", user)),
  });
}
