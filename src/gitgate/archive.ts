import { packedPlaces } from "../core/wire/packed-places.ts";
import { createInflater } from "./inflater.ts";

/** What lies packed in a file, one level deep. */
export interface Unpacked {
  /** The encoding that was taken off. */
  readonly encoding: "gzip" | "zstd" | "zip";
  /** Name inside, Latin-1; "": the one thing that is in it. */
  readonly name: string;
  readonly bytes: Buffer;
}

export type ArchiveReading =
  | { readonly ok: true; readonly parts: readonly Unpacked[] }
  /** More than is looked into. */
  | { readonly ok: false };

/** A packed file is looked into up to this size. */
export const ARCHIVE_BYTES = 64 << 20;
const MOST_MEMBERS = 65_536;

/** What the first bytes of a file say it is; null: nothing that is looked into. */
export function archiveKind(head: Uint8Array): Unpacked["encoding"] | null {
  const is = (...bytes: readonly number[]) => bytes.every((byte, index) => head[index] === byte);
  if (is(0x1f, 0x8b, 0x08)) return "gzip";
  if (is(0x28, 0xb5, 0x2f, 0xfd)) return "zstd";
  return is(0x50, 0x4b, 0x03, 0x04) ? "zip" : null;
}

/**
 * Takes one packing off wherever one begins, since readers of archives do so too: behind a script, without a directory, cut
 * off in the middle. What is encrypted, or packed in another way, has no parts.
 */
export async function unpack(bytes: Buffer): Promise<ArchiveReading> {
  const places = packedPlaces(bytes, MOST_MEMBERS);
  if (places === null) return { ok: false };
  const inflate = createInflater();
  const parts: Unpacked[] = [];
  for (const { encoding, name, start } of places) {
    const part = await inflate(encoding === "zstd" ? "zstd" : "deflate", bytes.subarray(start));
    if (part === null) return { ok: false };
    if (part.length > 0) parts.push({ encoding, name, bytes: part });
  }
  return { ok: true, parts };
}
