import { NEWEST_KNOWN, type Release, reaches } from "./versions.ts";

/** How a release of smolvm is driven: the remedies for what it lacks. */
export interface Manner {
  /** NAME of `create` and `delete`. */
  readonly named: "word" | "option";
  /** What machines are made from. */
  readonly source: "pack" | "saved-image";
  /** How the gateway is reached in a machine that has no network. */
  readonly way: "exec" | "socket";
  /** What a command reads travels in files where a pipe may stand still. */
  readonly input: "files" | "pipe";
  /** What root may do in a container: `few` is what Docker leaves it, which mounts nothing and sees into no process of others. */
  readonly rights: "few" | "all";
  /** Which execs run in the machine's one container, and not in one of their own. */
  readonly joins: "interactive" | "every";
  /** How many execs may come up at once. */
  readonly bringUp: "one" | "any";
  /** How many machines may come up at once. */
  readonly starts: "one" | "any";
  /** Who tells a terminal inside its size. */
  readonly sizes: "bridge" | "client";
}

interface Step {
  readonly key: keyof Manner;
  readonly since: Release;
  readonly before: string;
  readonly from: string;
}

/** Upstream's changes that matter, each with the first release that has it (facts/smolvm.md, section 2). */
const STEPS: readonly Step[] = [
  // PR 312: the client's size and SIGWINCH reach the terminal in the container.
  { key: "sizes", since: [0, 8, 1], before: "bridge", from: "client" },
  // NAME became `-n NAME`.
  { key: "named", since: [1, 0, 2], before: "word", from: "option" },
  // `--image x.tar`; before, images come from a registry or in a pack.
  { key: "source", since: [1, 1, 0], before: "pack", from: "saved-image" },
  // Containers have the rights of the machine (default_capabilities, crates/smolvm-agent/src/oci.rs).
  { key: "rights", since: [1, 2, 3], before: "few", from: "all" },
  // One ready marker for each machine; before, one that comes up could be taken for another.
  { key: "starts", since: [1, 2, 5], before: "one", from: "any" },
  // The container that stays is joined by every exec, and none writes its config.json any more.
  { key: "joins", since: [1, 4, 1], before: "interactive", from: "every" },
  { key: "bringUp", since: [1, 4, 1], before: "one", from: "any" },
  // `--mount-socket`.
  { key: "way", since: [1, 6, 4], before: "exec", from: "socket" },
  // 926, 931: `exec -i` stood still after some hundred KiB of input.
  { key: "input", since: [1, 8, 1], before: "files", from: "pipe" },
];

/** Pure. */
export function mannerOf(release: Release): Manner {
  return Object.fromEntries(
    STEPS.map(({ key, since, before, from }) => [key, reaches(release, since) ? from : before]),
  ) as unknown as Manner;
}

/** The first release that needs no remedy there. Pure. */
export function firstWith(key: keyof Manner): Release {
  return STEPS.find((step) => step.key === key)?.since ?? NEWEST_KNOWN;
}
