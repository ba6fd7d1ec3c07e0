import { createLeakScanner, type LeakScanner, type LeakSearch } from "../core/leaks/leak-scanner.ts";
import type { LeakFinding } from "../core/model/leak.ts";
import { type BatchEvent, CatFileBatch } from "../core/wire/cat-file-batch.ts";
import { readTree } from "../core/wire/tree-object.ts";
import { endsAsZip, ZIP_TAIL_BYTES } from "../core/wire/zip-directory.ts";
import { streamed } from "../host/streamed.ts";
import { ARCHIVE_BYTES, archiveKind, unpack } from "./archive.ts";
import type { NewObject } from "./new-objects.ts";
import { createRest } from "./object-search/rest.ts";

/** Something that looks like a secret in what a push would bring. */
export interface PlacedFinding {
  readonly finding: LeakFinding;
  readonly object: NewObject;
  /** What the object is; `names`: paths of the push, `refs`: names of its branches and tags. */
  readonly type: "blob" | "tree" | "commit" | "tag" | "names" | "refs";
  /** Name of the file in the archive that the object is, Latin-1; null: it stands in the object itself. */
  readonly inside: string | null;
}

export interface ObjectSearch {
  /** Git in the mirror with the quarantine's objects: program and environment. */
  readonly command: { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> };
  readonly objects: readonly NewObject[];
  /** Names of the refs that the push changes, Latin-1. */
  readonly refs: readonly string[];
  readonly search: LeakSearch;
  /** True for what the operator lets leave. */
  readonly allowed: (finding: LeakFinding) => boolean;
  readonly signal: AbortSignal;
}

export type SearchReading =
  /** `whole`: everything was looked at, so that there is nothing besides. */
  | { readonly ok: true; readonly findings: readonly PlacedFinding[]; readonly whole: boolean }
  /** Not everything could be read. */
  | { readonly ok: false; readonly why: string; readonly tooMuch: boolean };

/** So many are told; the search ends there. */
const MOST_FINDINGS = 10;
const PIECE_BYTES = 16 << 10;
/** A tree is read whole. */
const TREE_BYTES = 64 << 20;
const SUBMODULE = "160000";
const FEED = Buffer.from("\n");

/** The object that is being read. */
interface Open {
  readonly object: NewObject;
  readonly type: PlacedFinding["type"];
  readonly scanner: LeakScanner;
  readonly bytes: number;
  /** All of it, where it is looked at whole besides; null: it is not. */
  kept: Buffer[] | null;
  /** Its end so far, where it is too large to be kept; an archive can hide behind a script. */
  tail: Buffer;
  first: boolean;
}

/**
 * Searches every new object, whole: blobs, commits and tags as they are, archives one level deep, trees for their names, and
 * all paths. What a repository says about scanners is nothing but text here. It runs on this thread in short turns.
 */
export async function searchObjects(start: ObjectSearch): Promise<SearchReading> {
  const { command, objects, refs, signal } = start;
  const [first] = objects;
  const walk = new Walk(start, (first?.id.length ?? 0) / 2);
  await walk.names("refs", refs);
  await walk.names(
    "names",
    objects.map(({ path }) => path),
  );
  if (first === undefined) return walk.result(0);
  const input = Buffer.from(objects.map(({ id }) => `${id}\n`).join(""));
  const argv = [...command.argv, "cat-file", "--batch", "--buffer"];
  const done = await streamed({ argv, env: command.env }, (piece) => walk.push(piece), signal, input);
  return walk.result(done.code);
}

/** One way through all objects of a push. */
class Walk {
  readonly #start: ObjectSearch;
  readonly #idBytes: number;
  readonly #batch = new CatFileBatch();
  readonly #findings: PlacedFinding[] = [];
  readonly #rest = createRest();
  #next = 0;
  #open: Open | null = null;
  #problem: { readonly why: string; readonly tooMuch: boolean } | null = null;

  constructor(start: ObjectSearch, idBytes: number) {
    this.#start = start;
    this.#idBytes = idBytes;
  }

  /** All names of a kind, as one text. */
  async names(type: "names" | "refs", names: readonly string[]): Promise<void> {
    const object = this.#start.objects[0] ?? { id: "", commit: "" };
    const scanner = this.#scanner({ ...object, path: "" }, type, null);
    for (const name of new Set(names)) await this.#scan(scanner, Buffer.from(`${name}\n`, "latin1"));
    scanner.flush();
  }

  async push(piece: Buffer): Promise<void> {
    for (const event of this.#batch.push(piece)) {
      if (this.#over) return;
      await this.#take(event);
    }
  }

  /** `code`: how git ended. */
  result(code: number): SearchReading {
    const read = code === 0 && this.#batch.settled && this.#next === this.#start.objects.length;
    const whole = read && !this.#over;
    if (this.#findings.length > 0) return { ok: true, findings: this.#findings, whole };
    if (this.#problem !== null) return { ok: false, ...this.#problem };
    if (whole) return { ok: true, findings: [], whole };
    return { ok: false, why: "git ended before it had shown every object", tooMuch: false };
  }

  get #over(): boolean {
    return this.#problem !== null || this.#findings.length >= MOST_FINDINGS;
  }

  #fail(why: string, tooMuch = false): void {
    this.#problem ??= { why, tooMuch };
  }

  #scanner(object: NewObject, type: PlacedFinding["type"], inside: string | null, through: readonly string[] = []) {
    const { search, allowed } = this.#start;
    return createLeakScanner(search, (finding) => {
      const whole = { ...finding, through: [...through, ...finding.through] };
      if (!allowed(finding)) this.#findings.push({ finding: whole, object, type, inside });
      return this.#over ? "stop" : "pass";
    });
  }

  async #scan(scanner: LeakScanner, data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length && !scanner.stopped; at += PIECE_BYTES) {
      scanner.push(data.subarray(at, at + PIECE_BYTES));
      await this.#rest();
    }
  }

  async #take(event: BatchEvent): Promise<void> {
    if (event.kind === "problem") return this.#fail(`git could not show an object: ${event.problem}`);
    if (event.kind === "object") return this.#begin(event.id, event.type as PlacedFinding["type"], event.bytes);
    const open = this.#open;
    if (open === null) return;
    if (event.kind === "end") return this.#end(open);
    if (open.first) {
      open.first = false;
      if (open.type === "blob" && open.bytes > ARCHIVE_BYTES && archiveKind(event.bytes) !== null) {
        return this.#fail(`${shown(open.object)} is packed and too large to look into`, true);
      }
    }
    if (open.kept === null) open.tail = Buffer.concat([open.tail, event.bytes]).subarray(-ZIP_TAIL_BYTES);
    else open.kept.push(Buffer.from(event.bytes));
    if (open.type !== "tree") await this.#scan(open.scanner, event.bytes);
  }

  #begin(id: string, type: PlacedFinding["type"], bytes: number): void {
    const object = this.#start.objects[this.#next];
    this.#next += 1;
    if (object?.id !== id) {
      this.#fail(`git showed ${id} and was asked for ${object?.id}`);
      return;
    }
    if (type === "tree" && bytes > TREE_BYTES) this.#fail("a folder has too many entries", true);
    const kept = type === "tree" || (type === "blob" && bytes <= ARCHIVE_BYTES) ? [] : null;
    this.#open = {
      object,
      type,
      bytes,
      kept,
      tail: Buffer.alloc(0),
      first: true,
      scanner: this.#scanner(object, type, null),
    };
  }

  async #end({ object, type, kept, tail, scanner }: Open): Promise<void> {
    this.#open = null;
    if (type === "blob" && kept === null && endsAsZip(tail)) {
      return this.#fail(`${shown(object)} is packed and too large to look into`, true);
    }
    const whole = kept === null ? null : Buffer.concat(kept);
    if (whole !== null && type === "tree") {
      const entries = readTree(whole, this.#idBytes);
      if (entries === null) return this.#fail(`the folder ${shown(object)} cannot be read`);
      await this.#scan(scanner, Buffer.concat(entries.flatMap(({ name }) => [name, FEED])));
      // Nobody asks for the commit of a submodule: its id can be any 20 bytes, and of several as many more.
      const links = entries.filter(({ mode }) => mode === SUBMODULE).map(({ id }) => id.toString("hex"));
      await this.#scan(scanner, Buffer.from(links.join("")));
    }
    scanner.flush();
    if (whole !== null && type === "blob") await this.#archive(object, whole);
    await this.#rest();
  }

  async #archive(object: NewObject, whole: Buffer): Promise<void> {
    const reading = await unpack(whole);
    if (!reading.ok) return this.#fail(`${shown(object)} holds more than is looked into once it is unpacked`, true);
    for (const { encoding, name, bytes } of reading.parts) {
      const scanner = this.#scanner(object, "blob", name, [encoding]);
      await this.#scan(scanner, Buffer.from(`${name}\n`, "latin1"));
      await this.#scan(scanner, bytes);
      scanner.flush();
    }
  }
}

function shown({ id, path }: NewObject): string {
  return path === "" ? id : Buffer.from(path, "latin1").toString("utf8");
}
