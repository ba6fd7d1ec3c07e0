import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../../core/wire/shell-words.ts";
import { findTool } from "../../host/facts.ts";
import { orUnwritable } from "../../host/files.ts";
import type { Manner } from "./manner.ts";

/**
 * The agent in a machine serves eight clients. A ninth waits, and the machine looks dead meanwhile; where commands carry the
 * gateway's bytes, the way out stands still with it. So commands wait on the host, whichever process begins them: the holder
 * and two carriers have no place here, and at least one client is left for who signals or looks.
 */
const COUNT = { exec: 4, socket: 5 } as const satisfies Record<Manner["way"], number>;

/** Places for commands in one machine; all absolute paths on the host. */
export interface Places {
  /** Has a file for each, which is held by flock(2). */
  readonly folder: string;
  readonly count: number;
  readonly flock: string;
}

/** Makes them in a machine's host folder; null where flock(1) is missing. Errors: STATE_UNUSABLE. */
export function placesIn(machine: string, { way }: Pick<Manner, "way">): Places | null {
  const flock = findTool("flock");
  if (flock === null) return null;
  const [folder, count] = [join(machine, "places"), COUNT[way]];
  orUnwritable(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let place = 1; place <= count; place += 1) writeFileSync(join(folder, String(place)), "", { mode: 0o600 });
  });
  return { folder, count, flock };
}

/**
 * PURE: lines of a shell that wait for a place. It has it until it and all that it ran have ended, as descriptor 8. `told`:
 * who waits is told so, on stderr.
 */
export function placeLines(places: Places | null, told: boolean): string[] {
  if (places === null) return [];
  const { folder, count, flock } = places;
  const all = Array.from({ length: count }, (_, index) => index + 1).join(" ");
  const words = "bottle: as many commands run in this bottle as its machine bears; this one waits for another to end";
  return [
    // The files go with the machine: who waits ends as who ran there does, and makes none while they are removed.
    `take() { for place in ${all}; do [ -e ${shellWord(folder)}/$place ] || exit 137; exec 8<${shellWord(folder)}/$place || exit 125; ${shellWord(flock)} "$@" 8; case $? in 0) return;; 1) ;; *) exit 125;; esac; done; return 1; }`,
    `take -n || { ${told ? `echo ${shellWord(words)} >&2` : ":"}; until take -w 0.2; do :; done; }`,
  ];
}
