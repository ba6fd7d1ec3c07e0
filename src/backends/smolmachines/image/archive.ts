import { type FileHandle, open } from "node:fs/promises";
import { posix } from "node:path";
import { TarReader } from "../../../core/wire/tar-reader.ts";
import { isErrno } from "../../../host/files.ts";
import { badImage } from "./image-error.ts";

/** A part of a file. */
export interface Slice {
  readonly path: string;
  /** Bytes before it. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** A tar file of which it is known where each member lies. */
export interface Archive {
  readonly path: string;
  has(name: string): boolean;
  /** Where the content of a member lies; links within the archive are followed. Throws HOST_UNFIT. */
  find(name: string): Slice;
  /** The content of a small member. Rejects with HOST_UNFIT, also where it is larger than `maxBytes`. */
  read(name: string, maxBytes: number): Promise<Buffer>;
}

const LIMITS = { entries: 20_000, bytes: 2 ** 40, pathBytes: 1024, depth: 16 };
const BLOCK = 512;
/** Links to links. */
const MOST_STEPS = 8;

/**
 * Reads the headers of a plain tar file, and goes over the contents. No name is ever used as a path of this machine. Rejects
 * with HOST_UNFIT for what is no tar, a damaged or a truncated one.
 */
export async function openArchive(path: string): Promise<Archive> {
  const members = new Map<string, Slice>();
  const others = new Map<string, { readonly what: string; readonly target: string | null }>();
  await withFile(path, async (file) => {
    const { size } = await file.stat();
    const reader = new TarReader(LIMITS);
    const block = Buffer.alloc(BLOCK);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(block, 0, BLOCK, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      for (const event of reader.push(block.subarray(0, bytesRead))) {
        if (event.type === "problem") throw badImage(path, event.problem);
        if (event.type !== "entry") continue;
        const { entry } = event;
        if (entry.kind === "folder") continue;
        if (members.has(entry.path) || others.has(entry.path)) throw badImage(path, `it has two of ${entry.path}`);
        if (entry.kind === "file") members.set(entry.path, { path, offset: at, size: entry.size });
        else others.set(entry.path, { what: entry.oddity ?? "no file", target: entry.target });
      }
      at += reader.skip();
      if (at > size) throw badImage(path, "it ends too early");
    }
    const problem = reader.end();
    if (problem !== null) throw badImage(path, problem);
  });

  const find = (name: string): Slice => {
    let place = inside(path, "", name);
    for (let steps = 0; steps < MOST_STEPS; steps += 1) {
      const member = members.get(place);
      if (member !== undefined) return member;
      const other = others.get(place);
      if (other === undefined) throw badImage(path, `it has no ${name}`);
      if (other.target === null) throw badImage(path, `${name} is ${other.what} in it`);
      place = inside(path, posix.dirname(place), other.target);
    }
    throw badImage(path, `${name} is a link to a link to a link in it`);
  };
  return {
    path,
    has: (name) => members.has(name),
    find,
    read: async (name, maxBytes) => {
      const slice = find(name);
      if (slice.size > maxBytes) throw badImage(path, `${name} in it is larger than ${maxBytes} bytes`);
      return readSlice(slice, 0, slice.size);
    },
  };
}

/** A name in the archive as seen from a folder of it, without leaving the archive. */
function inside(path: string, folder: string, name: string): string {
  const place = posix.join(folder === "." ? "" : folder, name);
  if (name === "" || name.startsWith("/") || place === ".." || place.startsWith("../")) {
    throw badImage(path, `${name} leads out of it`);
  }
  return place;
}

/** Bytes `from` to before `to` of a slice, at once. Rejects with HOST_UNFIT where the file has become shorter. */
export function readSlice(slice: Slice, from: number, to: number): Promise<Buffer> {
  return withFile(slice.path, async (file) => {
    const bytes = Buffer.alloc(to - from);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, at, bytes.length - at, slice.offset + from + at);
      if (bytesRead === 0) throw badImage(slice.path, "it ends too early");
      at += bytesRead;
    }
    return bytes;
  });
}

/** Bytes `from` to before `to` of a slice, piece by piece. Rejects as `readSlice`. */
export async function* sliceBytes(slice: Slice, from = 0, to = slice.size): AsyncGenerator<Buffer> {
  const file = await open(slice.path);
  try {
    for (let at = from; at < to; ) {
      // A new one each time: who takes a piece may keep it.
      const piece = Buffer.allocUnsafe(Math.min(PIECE, to - at));
      const { bytesRead } = await file.read(piece, 0, piece.length, slice.offset + at);
      if (bytesRead === 0) throw badImage(slice.path, "it ends too early");
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

const PIECE = 256 * 1024;

async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path).catch((error: unknown) => {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES")) throw badImage(path, "it cannot be opened");
    throw error;
  });
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}
