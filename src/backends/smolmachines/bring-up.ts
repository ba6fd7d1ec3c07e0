import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { BottleError } from "../../core/model/errors.ts";
import { shellWord } from "../../core/wire/shell-words.ts";
import { findTool } from "../../host/facts.ts";
import { orUnwritable } from "../../host/files.ts";
import type { Volume } from "./machine-words.ts";

/** By what the commands of one machine come up one after another; all absolute paths on the host. */
export interface BringUp {
  /** Held while one comes up, by flock(2). */
  readonly lock: string;
  /** Folder in which a command that has come up makes a file. */
  readonly signs: string;
  readonly shell: string;
  readonly flock: string;
}

/** Root's alone in the machine (the holder closes it), since the folder of signs may have the agent's id. */
export const SIGNS = "/run/bottle-signs";
const SHOWN = `${SIGNS}/now`;

/** Of a machine that has this host folder; null for one that was made without, or where flock(1) is missing. */
export function bringUpOf(folder: string): BringUp | null {
  const [flock, signs] = [findTool("flock"), join(folder, "signs")];
  if (flock === null || !existsSync(signs)) return null;
  return { lock: join(folder, "lock"), signs, shell: "/bin/sh", flock };
}

/** Makes the folder of signs in a machine's host folder. Errors: STATE_UNUSABLE, and HOST_UNFIT without flock(1). */
export function bringUpIn(folder: string): { readonly bringUp: BringUp; readonly volume: Volume } {
  const flock = needFlock();
  const signs = join(folder, "signs");
  orUnwritable(folder, () => mkdirSync(signs, { recursive: true, mode: 0o700 }));
  const bringUp = { lock: join(folder, "lock"), signs, shell: "/bin/sh", flock };
  return { bringUp, volume: { host: signs, guest: SHOWN, writable: true } };
}

/** Its path. Errors: HOST_UNFIT where it is missing. */
export function needFlock(): string {
  const flock = findTool("flock");
  if (flock !== null) return flock;
  throw new BottleError(
    "HOST_UNFIT",
    "flock is not installed, and this smolvm does not bear commands that come up at once",
    {
      hint: "install util-linux, or smolvm 1.4.1 or newer",
      facts: { finding: "flock-missing" },
    },
  );
}

/**
 * PURE: text of a shell that becomes a client, once no other one of the machine comes up. `client` and `words` are shell
 * text: what is run on the host up to `--`, and what it runs inside. What comes up makes a file inside as the first thing
 * of all; a child of the client's sees it and lets the lock go, or sees that it is no child of the client's any more. What
 * lies among the signs by then is of clients that were killed while theirs came up.
 */
export function broughtUp({ lock, signs, flock }: BringUp, client: string, words: string): string {
  return [
    "read -r sign </proc/sys/kernel/random/uuid || exit 125",
    `signs=${shellWord(signs)}`,
    `exec 9>>${shellWord(lock)} && ${shellWord(flock)} 9 || exit 125`,
    'rm -f "$signs"/*',
    '( until [ -e "$signs/$sign" ]; do',
    '  read -r _ _ _ parent _ </proc/self/stat && [ "$parent" = $$ ] || break',
    "  sleep 0.02",
    'done; rm -f "$signs/$sign" ) </dev/null >/dev/null 2>&1 &',
    "exec 9>&-",
    `exec ${client} /bin/sh -c ': >"$0" || exit 125; exec "$@"' ${SHOWN}/$sign ${words}`,
  ].join("\n");
}
