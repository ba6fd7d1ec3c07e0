import { readZip } from "./zip-directory.ts";

/** Where a packed stream may begin in a file. */
export interface PackedPlace {
  readonly encoding: "gzip" | "zstd" | "zip";
  /** Name inside, Latin-1; "": it has none. */
  readonly name: string;
  /** Of the deflated bytes (RFC 1951), or of a zstd frame (RFC 8878). */
  readonly start: number;
}

const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);
const GZIP_BYTES = 10;
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const LOCAL = Buffer.from("PK\x03\x04", "latin1");
const LOCAL_BYTES = 30;
const DEFLATED = 8;

/**
 * All places of a file where a packed stream seems to begin, at its beginning or not: a gzip member (RFC 1952), a zstd frame,
 * a member of a zip archive, whether its directory lists it or not. What is stored as it is needs no place. null: more than `most`.
 */
export function packedPlaces(bytes: Buffer, most: number): readonly PackedPlace[] | null {
  const places = new Map<number, PackedPlace>();
  const add = (place: PackedPlace) => places.set(place.start, place);
  for (const at of all(bytes, GZIP, most)) {
    const start = behindGzipHead(bytes, at);
    if (start !== null) add({ encoding: "gzip", name: "", start });
  }
  for (const at of all(bytes, ZSTD, most)) add({ encoding: "zstd", name: "", start: at });
  for (const at of all(bytes, LOCAL, most)) {
    if (at + LOCAL_BYTES > bytes.length || bytes.readUInt16LE(at + 8) !== DEFLATED) continue;
    const nameEnd = at + LOCAL_BYTES + bytes.readUInt16LE(at + 26);
    const start = nameEnd + bytes.readUInt16LE(at + 28);
    const name = bytes.toString("latin1", at + LOCAL_BYTES, Math.min(nameEnd, bytes.length));
    if (start < bytes.length) add({ encoding: "zip", name, start });
  }
  // A directory may say "deflated" where the member itself says otherwise; unzip(1) believes the directory.
  for (const { name, method, start } of readZip(bytes, most) ?? []) {
    if (method === DEFLATED && start < bytes.length) add({ encoding: "zip", name, start });
  }
  return places.size > most ? null : [...places.values()];
}

/** Up to one more than `most`. */
function* all(bytes: Buffer, mark: Buffer, most: number): Generator<number> {
  let count = 0;
  for (let at = bytes.indexOf(mark); at >= 0 && count <= most; at = bytes.indexOf(mark, at + 1)) {
    count += 1;
    yield at;
  }
}

/** Where the deflated bytes of a gzip member begin; null: it is none. */
function behindGzipHead(bytes: Buffer, at: number): number | null {
  const flags = bytes[at + 3] ?? 0xff;
  if ((flags & 0xe0) !== 0) return null;
  let start = at + GZIP_BYTES;
  if ((flags & 4) !== 0) {
    if (start + 2 > bytes.length) return null;
    start += 2 + bytes.readUInt16LE(start);
  }
  for (const text of [8, 16]) {
    if ((flags & text) === 0) continue;
    const end = bytes.indexOf(0, start);
    if (end < 0) return null;
    start = end + 1;
  }
  if ((flags & 2) !== 0) start += 2;
  return start < bytes.length ? start : null;
}
