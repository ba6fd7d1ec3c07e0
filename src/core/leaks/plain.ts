import { Secret } from "../model/secret.ts";
import type { Detector, Needle } from "./needles.ts";

/**
 * Looks for values as they are, across chunk boundaries, as fast as memory is read: for streams that are too long for
 * all their encoded forms.
 */
export function createPlainDetector(needles: readonly Needle[]): Detector {
  const open = needles
    .map(({ name, value }) => ({ name, bytes: Buffer.from(value instanceof Secret ? value.reveal() : value) }))
    .filter(({ bytes }) => bytes.length > 0);
  const overlap = Math.max(0, ...open.map(({ bytes }) => bytes.length - 1));
  let tail: Uint8Array = new Uint8Array();
  return {
    push(chunk) {
      const found = new Set<string>();
      // A match lies in the chunk, or begins in what was kept of the ones before and ends in its beginning.
      const seam = Buffer.concat([tail, chunk.subarray(0, overlap)]);
      const view = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      for (const { name, bytes } of open) if (seam.includes(bytes) || view.includes(bytes)) found.add(name);
      tail =
        chunk.length >= overlap
          ? Uint8Array.from(chunk.subarray(chunk.length - overlap))
          : lastOf(tail, chunk, overlap);
      return [...found];
    },
  };
}

function lastOf(tail: Uint8Array, chunk: Uint8Array, length: number): Uint8Array {
  const all = Buffer.concat([tail, chunk]);
  return all.subarray(Math.max(0, all.length - length));
}
