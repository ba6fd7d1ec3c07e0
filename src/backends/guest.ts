import type { Command } from "../core/model/command.ts";
import { GUEST_RUN } from "../core/plan/guest.ts";

/** Where everything is inside a bottle. */
export const GUEST = {
  home: "/home/agent",
  run: GUEST_RUN,
  exec: "/run/bottle/exec",
  proxyUrl: "http://127.0.0.1:9099",
  port: 9099,
  uid: 1000,
  /** Of the idle process that holds a bottle open, where it is not the agent's own. */
  idleUid: 999,
} as const;

/** PURE: words that run a command inside, on the terminal that it was given or without one. */
export function execWords({ argv, cwd }: Command, folder: string, terminal: boolean): string[] {
  return [GUEST.exec, ...(terminal ? ["-t"] : []), cwd ?? folder, ...argv];
}

const RESERVED = [
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib32",
  "/lib64",
  "/etc",
  "/proc",
  "/dev",
  "/sys",
  "/run",
  "/var",
  "/tmp",
];

/**
 * Why nothing may be mounted at `guest`, or null. `writable` are the agent-writable folders of the bottle. Only the
 * workspace may lie below /tmp or /var: it is mounted when they are new, before anything of the agent's runs.
 */
export function refusedGuest(guest: string, writable: readonly string[], isWorkspace = false): string | null {
  if (!guest.startsWith("/") || guest !== normalized(guest) || guest === "/") return "not a plain absolute path";
  const inside = (folder: string) => guest === folder || guest.startsWith(`${folder}/`);
  const around = (folder: string) => folder.startsWith(`${guest}/`);
  const below = isWorkspace && !inside("/var/tmp") ? ["/tmp", "/var"].filter((folder) => guest !== folder) : [];
  if (RESERVED.some((folder) => !below.includes(folder) && inside(folder))) return "a system folder of the bottle";
  if (writable.some((folder) => inside(folder) || around(folder)))
    return "at, in or around a folder that the agent writes";
  return null;
}

function normalized(path: string): string {
  return `/${path
    .split("/")
    .filter((part) => part !== "" && part !== "." && part !== "..")
    .join("/")}`;
}
