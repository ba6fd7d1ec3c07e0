import { posix } from "node:path";
import type { Bottle } from "../../backends/backend.ts";
import { loadBackend } from "../../backends/builtins.ts";
import type { BottleRecord } from "../../core/model/bottle-record.ts";
import { BottleError } from "../../core/model/errors.ts";
import { type CopyEnd, folderAbove } from "../../core/plan/copy-target.ts";
import { GUEST_HOME } from "../../core/plan/guest.ts";
import { printable } from "../../core/wire/printable.ts";
import { readTextFile } from "../../host/files.ts";
import { streamed } from "../../host/streamed.ts";
import { stateOf } from "../../state/bottle-state.ts";
import { bottlePaths } from "../../state/layout.ts";
import { readRecord } from "../../state/records.ts";
import type { SessionContext } from "../context.ts";
import { findRunning } from "../find-bottle.ts";
import { refused } from "./sieve.ts";

/** Where something is packed inside a bottle. */
export interface GuestSource {
  /** Packs a file or folder as the agent; a relative path begins at the workspace. Errors: COPY_REFUSED. */
  pack(path: string, each: (piece: Buffer) => void): Promise<void>;
}

const MISSING = 66;
const NO_FILE = 67;

/** Packs `$1`: a folder as `.`, a file under its own name. A link at its end is followed, inside. */
const PACK = `
case $1 in /*) from=$1 ;; *) from=./$1 ;; esac
if [ -d "$from" ]; then cd -- "$from" && exec tar --create --file=- --hard-dereference --warning=none .
elif [ -f "$from" ]; then
  above=\${from%/*}
  cd -- "\${above:-/}" || exit ${NO_FILE}
  exec tar --create --file=- --dereference --hard-dereference --warning=none -- "./\${from##*/}"
elif [ -e "$from" ] || [ -L "$from" ]; then exit ${NO_FILE}
else exit ${MISSING}; fi`;

/** The bottle of this name, running or ended. Errors: BOTTLE_NOT_FOUND, BOTTLE_NOT_RUNNING while it is being made. */
export async function openSource(name: string, context: SessionContext): Promise<GuestSource> {
  const record = await readRecord(context.layout, name);
  const state = stateOf(record);
  if (state === "running" || state === "creating") {
    const { bottle } = await findRunning(name, context);
    return {
      pack: async (path, each) => {
        const command = bottle.frame({ argv: ["/bin/sh", "-c", PACK, "pack", path] }, false);
        judge(path, await streamed(command, each, context.signal));
      },
    };
  }
  return endedSource(record, context);
}

/** The folders of a bottle that has ended, in a throw-away cage: host code does not walk them. */
async function endedSource(record: BottleRecord, context: SessionContext): Promise<GuestSource> {
  const { layout, facts, signal } = context;
  const paths = bottlePaths(layout, record.name);
  const backend = await loadBackend(record.backend);
  const workspace = await guestWorkspace(record, paths.plan);
  const home = { host: paths.home, inside: GUEST_HOME, guest: "/ended-home" };
  const shown =
    workspace === null ? [home] : [{ host: paths.workspace, inside: workspace, guest: "/ended-work" }, home];
  return {
    pack: async (path, each) => {
      // At places of their own: the folders above a workspace are not the agent's to enter.
      const asked = posix.resolve(workspace ?? GUEST_HOME, path);
      const part = shown.find(({ inside }) => asked === inside || asked.startsWith(`${inside}/`));
      if (part === undefined)
        throw refused(`${path} is gone`, "of a bottle that has ended its home and its copy of the workspace are left");
      const ending = new AbortController();
      const failures: unknown[] = [];
      const result = await backend.workshop(
        {
          bottle: record.name,
          script: PACK,
          args: [part.guest + asked.slice(part.inside.length)],
          folders: shown.map(({ host, guest }) => ({ host, guest })),
          agentFolder: paths.home,
          as: "agent",
          signal: AbortSignal.any([signal, ending.signal]),
          onStdout: (piece) => {
            if (failures.length > 0) return undefined;
            try {
              each(piece);
            } catch (error) {
              failures.push(error);
              ending.abort();
            }
            return undefined;
          },
        },
        facts,
      );
      if (failures.length > 0) throw failures[0];
      if (signal.aborted) throw new BottleError("BOTTLE_GONE", `interrupted by ${String(signal.reason)}`);
      judge(path, result);
    },
  };
}

/** Where the private copy of the workspace was shown inside; null for a bound one, which is still on the host. */
async function guestWorkspace(record: BottleRecord, plan: string): Promise<string | null> {
  if (record.workspace.mode === "bind") return null;
  const file = await readTextFile(plan, { maxBytes: 16 << 20, followLinks: false });
  if (file.kind !== "text") throw new BottleError("STATE_UNUSABLE", `the plan of ${record.name} cannot be read`);
  const guest = guestOf(file.text);
  if (typeof guest !== "string" || !guest.startsWith("/"))
    throw new BottleError("STATE_UNUSABLE", `the plan of ${record.name} names no workspace`);
  return guest;
}

function guestOf(plan: string): unknown {
  try {
    const value: { workspace?: { guest?: unknown } } | null = JSON.parse(plan);
    return value?.workspace?.guest;
  } catch {
    return undefined;
  }
}

function judge(path: string, { code, words }: { readonly code: number; readonly words: string }): void {
  // 1: a file changed while it was read.
  if (code === 0 || code === 1) return;
  if (code === MISSING) throw refused(`${path} does not exist in the bottle`);
  if (code === NO_FILE) throw refused(`${path} is neither a file nor a folder`);
  throw refused(`${path} could not be read whole: ${printable(words.trim().split("\n")[0] ?? "", 300)}`);
}

/** What stands at a path inside a running bottle, and the folder in which relative paths begin. */
export async function guestEnd(bottle: Bottle, path: string): Promise<{ end: CopyEnd; cwd: string }> {
  const script = `
    if [ -d "$1" ]; then printf 'folder\\n'; elif [ -e "$1" ] || [ -L "$1" ]; then printf 'other\\n'
    elif [ -d "$2" ]; then printf 'nothing\\n'; else printf 'nowhere\\n'; fi; pwd`;
  const own = (it: string) => (it.startsWith("/") ? it : `./${it}`);
  const result = await bottle.exec(
    { argv: ["/bin/sh", "-c", script, "look", own(path), own(folderAbove(path))] },
    { timeoutMs: 30_000, maxBytes: 1 << 16 },
  );
  const found = /^(folder|other|nothing|nowhere)\n(\/[^\0]*)\n$/.exec(result.stdout.toString());
  if (result.code !== 0 || found === null) throw refused(`${path} could not be looked at inside`);
  return { end: found[1] as CopyEnd, cwd: found[2] ?? "/" };
}
