import { constants } from "node:fs";
import { access, readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BottleDefinition } from "../core/model/definition.ts";
import type { FoundPlace, FoundTools, MissingPlace, ToolDefinition, ToolPlace } from "../core/model/toolchain.ts";
import { cachePlaces } from "../core/plan/caches.ts";
import type { FoundEquipment } from "../core/plan/equipment.ts";
import { toolchainOf, toolKey } from "../core/plan/tools.ts";
import { isErrno } from "./files.ts";

/** What the operator's side says about where things are. */
export interface ToolSurroundings {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the operator. The agent of root is somebody else, and reads what others may read. */
  readonly uid: number;
}

/** A name of a version or an alias is short; nothing larger is read. */
const MAX_TEXT = 4096;
/** Far more than anybody keeps versions or aliases. */
const MAX_ENTRIES = 1000;
const CLOSED = "the agent may not read it";

/** Looks for the toolchains, folders and caches that a bottle shall show. Reads only; starts nothing. */
export async function findEquipment(
  bottle: Pick<BottleDefinition, "tools" | "caches">,
  surroundings: ToolSurroundings,
): Promise<FoundEquipment> {
  const [tools, caches] = await Promise.all([
    findTools(bottle.tools ?? [], surroundings),
    findPlaces(cachePlaces(bottle.caches ?? {}), surroundings),
  ]);
  return { tools, caches };
}

async function findTools(definitions: readonly ToolDefinition[], surroundings: ToolSurroundings): Promise<FoundTools> {
  const found = await Promise.all(
    definitions.map(async (definition) => {
      const places = toolchainOf(definition)?.places ?? {};
      return [toolKey(definition), await findPlaces(places, surroundings)] as const;
    }),
  );
  return Object.fromEntries(found);
}

async function findPlaces(
  places: Readonly<Record<string, ToolPlace>>,
  surroundings: ToolSurroundings,
): Promise<FoundTools[string]> {
  const found = Object.entries(places).map(
    async ([name, place]) => [name, await findPlace(place, surroundings)] as const,
  );
  return Object.fromEntries(await Promise.all(found));
}

async function findPlace(place: ToolPlace, surroundings: ToolSurroundings): Promise<FoundPlace | MissingPlace> {
  const tried: string[] = [];
  for (const candidate of place.candidates) {
    const path = expand(candidate, surroundings);
    if (path === null) {
      tried.push(`${candidate} (not set)`);
      continue;
    }
    const parts = await Promise.all(place.shows.map((part) => show(path, part, surroundings.uid)));
    const shown = parts.flatMap((part) => (typeof part === "string" ? [] : [part]));
    if (shown[0]?.part === place.shows[0]) {
      return {
        path,
        shown,
        entries: await merged((place.lists ?? []).map((part) => listsOf(path, part.split("/")))),
        texts: await merged((place.reads ?? []).map((part) => textsOf(path, part, surroundings.home))),
      };
    }
    const why = [candidate.startsWith("$") ? candidate : "", parts[0] === "closed" ? CLOSED : ""].filter(Boolean);
    tried.push(why.length === 0 ? path : `${path} (${why.join(", ")})`);
  }
  return { tried };
}

/** The path that a candidate means here; null: it stands on a variable that holds none. */
function expand(candidate: string, { home, env }: ToolSurroundings): string | null {
  if (candidate.startsWith("~/")) return join(home, candidate.slice(2));
  const [, name, rest = ""] = /^\$([A-Z_]+)(.*)$/.exec(candidate) ?? [];
  if (name === undefined) return candidate;
  const value = env[name];
  return value?.startsWith("/") === true ? join(value, rest) : null;
}

/** A part that is there; else why not. */
async function show(
  path: string,
  part: string,
  uid: number,
): Promise<FoundPlace["shown"][number] | "closed" | "missing"> {
  try {
    const real = await realpath(join(path, part));
    await access(real, constants.R_OK);
    const found = await stat(real);
    if (!found.isDirectory() && !found.isFile()) return "missing";
    const needed = found.isDirectory() ? constants.S_IROTH | constants.S_IXOTH : constants.S_IROTH;
    if (uid === 0 && (found.mode & needed) !== needed) return "closed";
    return { part, real, file: found.isFile() };
  } catch (error) {
    return isErrno(error, "EACCES") ? "closed" : "missing";
  }
}

async function entriesOf(folder: string): Promise<string[] | null> {
  return readdir(folder).then(
    (names) => names.sort(),
    () => null,
  );
}

/** Entries of the folders that a pattern with `*` names, by the path relative to `path`. */
async function listsOf(path: string, [part = "", ...rest]: readonly string[], above = ""): Promise<Lists> {
  if (part === "*") {
    const names = (await entriesOf(join(path, above))) ?? [];
    return merged(names.slice(0, MAX_ENTRIES).map((name) => listsOf(path, [name, ...rest], above)));
  }
  const folder = above === "" ? part : `${above}/${part}`;
  if (rest.length > 0) return listsOf(path, rest, folder);
  const names = await entriesOf(join(path, folder));
  return names === null ? {} : { [folder]: names };
}

type Lists = Readonly<Record<string, readonly string[]>>;

async function merged<T>(parts: readonly Promise<Readonly<Record<string, T>>>[]): Promise<Record<string, T>> {
  return Object.assign({}, ...(await Promise.all(parts)));
}

/** Text of a small file, or of each small file of a folder, by the part and the name below it. */
async function textsOf(path: string, part: string, home: string): Promise<Record<string, string>> {
  const top = part.startsWith("~/") ? join(home, part.slice(2)) : join(path, part);
  const names = await entriesOf(top);
  const files = names === null ? [""] : names.slice(0, MAX_ENTRIES).map((name) => `/${name}`);
  const texts = await Promise.all(
    files.map(async (file) => {
      try {
        const found = await stat(top + file);
        if (!found.isFile() || found.size > MAX_TEXT) return [];
        return [[part + file, await readFile(top + file, "utf8")] as const];
      } catch {
        return [];
      }
    }),
  );
  return Object.fromEntries(texts.flat());
}
