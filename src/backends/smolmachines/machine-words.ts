import { BottleError } from "../../core/model/errors.ts";
import type { Limits } from "../../core/model/plan.ts";

/** A folder of the host as the machine shows it. */
export interface Volume {
  readonly host: string;
  readonly guest: string;
  readonly writable: boolean;
}

export interface MachineSpec {
  readonly name: string;
  /** Words that say what it is made from: `--image FILE` or `--from PATH`. */
  readonly source: readonly string[];
  readonly volumes: readonly Volume[];
  /** Unix sockets of the host, shown inside; there is no other way out. */
  readonly sockets: readonly { readonly host: string; readonly guest: string }[];
  readonly limits: Pick<Limits, "memoryBytes" | "cpus"> | null;
}

const MIB = 2 ** 20;

/**
 * PURE: words that make a machine without any network: neither `--net` nor an allow list, which would imply one. Nothing
 * secret is among them. Throws PLAN_INVALID for a path that such words cannot say.
 */
export function createWords({ name, source, volumes, sockets, limits }: MachineSpec): string[] {
  for (const path of [...volumes, ...sockets].flatMap(({ host, guest }) => [host, guest])) {
    if (path.includes(":")) throw new BottleError("PLAN_INVALID", `smolvm cannot show a path with a colon: ${path}`);
  }
  const sizes =
    limits === null
      ? []
      : [
          "--mem",
          String(Math.max(64, Math.ceil(limits.memoryBytes / MIB))),
          "--cpus",
          String(Math.max(1, Math.ceil(limits.cpus))),
        ];
  return [
    ...["machine", "create", "-n", name, ...source, ...sizes],
    ...volumes.flatMap(({ host, guest, writable }) => ["-v", `${host}:${guest}:${writable ? "rw" : "ro"}`]),
    ...sockets.flatMap(({ host, guest }) => ["--mount-socket", `${host}:${guest}`]),
  ];
}

/** PURE: words that run `words` in a machine, as its image's user. `input`: it reads our stdin. */
export function execWords(name: string, input: boolean, words: readonly string[]): string[] {
  // Without either, what it prints would be kept in memory up to a limit, and be an error above.
  return ["machine", "exec", "--name", name, input ? "-i" : "--stream", "--", ...words];
}
