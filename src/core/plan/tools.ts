import type { Mount } from "../model/plan.ts";
import type { FoundTools, GuestPlace, Toolchain, ToolDefinition, ToolPlace } from "../model/toolchain.ts";
import { GUEST_HOME } from "./guest.ts";
import { TOOLCHAINS } from "./toolchains.ts";
import { overlap, type ProtectedFolders, refuseWorkspace } from "./workspace-refusals.ts";

export interface ToolInputs {
  readonly definitions: readonly ToolDefinition[];
  readonly found: FoundTools;
  readonly protectedFolders: ProtectedFolders;
  /** Folders inside below which nothing may be mounted: the agent writes there (CVE-2026-87766). */
  readonly writable: readonly string[];
}

/** The `tools` part of a plan. */
export interface PlannedTools {
  readonly mounts: readonly Mount[];
  /** Folders for the front of PATH. */
  readonly bin: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** What every bottle shows of the host anyway. */
const SHOWN = "/usr";
/** What is another thing inside than on the host; a toolchain from there stands below `ELSEWHERE`. */
const TAKEN = ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "proc", "dev", "sys", "run", "var", "tmp"].map(
  (name) => `/${name}`,
);
const ELSEWHERE = "/opt/tools";

/** The key of a definition in `FoundTools`, and its name for messages. */
export function toolKey(definition: ToolDefinition): string {
  return typeof definition === "string" ? definition : definition.path;
}

/** What to look for on the host: a toolchain of the table, or a folder as one that has no rules of its own. */
export function toolchainOf(definition: ToolDefinition): Toolchain | null {
  if (typeof definition === "string") {
    return Object.hasOwn(TOOLCHAINS, definition) ? (TOOLCHAINS[definition] ?? null) : null;
  }
  const { path, bin = ["bin"] } = definition;
  const place: ToolPlace = { candidates: [path], shows: [""], lists: bin };
  return {
    name: path,
    title: path,
    programs: [],
    places: { folder: place },
    movable: true,
    arrange: ({ folder }) => {
      const missing = bin.find((name) => folder?.entries[name] === undefined);
      if (folder === undefined || missing !== undefined) return `it has no folder ${missing ?? ""}`;
      return { bin: bin.map((name) => (name === "." ? folder.guest : `${folder.guest}/${name}`)), env: {} };
    },
  };
}

/**
 * Mounts, PATH and variables of the chosen toolchains. At the same path as on the host wherever that is free inside, since
 * shims hold absolute paths. Read-only; what lies below /usr is there already. Nothing that is protected from agents is
 * shown, whatever a variable or the manifest names (attack row 140). Problems are sentences.
 */
export function planTools(inputs: ToolInputs): PlannedTools {
  const mounts: Mount[] = [];
  const bin: string[] = [];
  const env: Record<string, string> = {};
  const problems: string[] = [];
  for (const definition of inputs.definitions) {
    const tool = planTool(definition, inputs, mounts);
    if (typeof tool === "string") {
      problems.push(`tools, ${toolKey(definition)}: ${tool}`);
      continue;
    }
    mounts.push(...tool.mounts);
    bin.push(...tool.bin);
    Object.assign(env, tool.env);
  }
  return { mounts, bin: [...new Set(bin)], env, problems };
}

function planTool(
  definition: ToolDefinition,
  inputs: ToolInputs,
  taken: readonly Mount[],
): Omit<PlannedTools, "problems"> | string {
  const toolchain = toolchainOf(definition);
  if (toolchain === null) return `no toolchain has this name; there is: ${Object.keys(TOOLCHAINS).join(", ")}`;
  const mounts: Mount[] = [];
  const places: Record<string, GuestPlace> = {};
  for (const name of Object.keys(toolchain.places)) {
    const place = inputs.found[toolKey(definition)]?.[name];
    if (place === undefined || "tried" in place) {
      return `not found on this host; looked for ${place?.tried.join(", ") ?? "nothing"}`;
    }
    const guest = guestPath(place.path, toolchain, name, inputs.writable);
    if (guest === null) {
      return `its files name each other by absolute path, and ${place.path} is another folder inside the bottle`;
    }
    for (const { part, real, file } of place.shown) {
      // A single file of the table may lie among protected ones, as uv does in ~/.local/bin.
      const exempt = isBelow(real, SHOWN) || (file && typeof definition === "string");
      const refusal = exempt ? null : refuseWorkspace(real, inputs.protectedFolders, "copy");
      if (refusal !== null) return `${refusal}, and is not shown to an agent`;
      const mount = { host: real, guest: part === "" ? guest : `${guest}/${part}` };
      const other = taken.find((earlier) => earlier.guest === mount.guest);
      if (other !== undefined && other.host !== mount.host) return `inside it would stand where ${other.host} does`;
      if (other === undefined && !isBelow(mount.guest, SHOWN)) mounts.push(mount);
    }
    places[name] = { guest, entries: place.entries, texts: place.texts };
  }
  const arranged = toolchain.arrange(places, GUEST_HOME);
  if (typeof arranged === "string") {
    const where = Object.values(inputs.found[toolKey(definition)] ?? {}).flatMap((place) =>
      "path" in place ? [place.path] : [],
    );
    return `found in ${where.join(" and ")}, but ${arranged}`;
  }
  if (arranged.bin.some((folder) => folder.includes(":"))) return "a path with a colon cannot be on PATH";
  return { mounts, ...arranged };
}

/** Where `path` of the host stands inside; null: nowhere. */
function guestPath(path: string, toolchain: Toolchain, place: string, writable: readonly string[]): string | null {
  if (isBelow(path, SHOWN)) return path;
  const free = ![...TAKEN, SHOWN, ELSEWHERE, "/opt/agent", ...writable].some((folder) => overlap(path, folder));
  if (free) return path;
  if (!toolchain.movable) return null;
  const word = toolchain.name.replaceAll(/[^A-Za-z0-9.-]+/g, "-").replace(/^[-.]+/, "");
  return `${ELSEWHERE}/${word}${place === toolchain.name || place === "folder" ? "" : `-${place}`}`;
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}
