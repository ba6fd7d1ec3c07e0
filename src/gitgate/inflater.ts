import { promisify } from "node:util";
import * as zlib from "node:zlib";

/** What comes out of one stream that begins there, to its end or to where it breaks; null: more than is looked into. */
export type Inflater = (kind: "deflate" | "zstd", bytes: Buffer) => Promise<Buffer | null>;

/** All that comes out of one file. */
const MOST_BYTES = 256 << 20;
/** All that is unpacked to find where broken streams break. */
const MOST_WORK = 1 << 30;
const SHORTEST = 64;

type Unpack = (bytes: Buffer, options: { maxOutputLength: number; finishFlush: number }) => Promise<Buffer>;
const UNPACK: Readonly<Record<Parameters<Inflater>[0], readonly [unpack: Unpack, finishFlush: number]>> = {
  deflate: [promisify(zlib.inflateRaw), zlib.constants.Z_SYNC_FLUSH],
  zstd: [promisify(zlib.zstdDecompress), zlib.constants.ZSTD_e_flush],
};

/** For one file: what it inflates counts together. */
export function createInflater(): Inflater {
  let left = MOST_BYTES;
  let work = MOST_WORK;
  return async (kind, bytes) => {
    const [unpack, finishFlush] = UNPACK[kind];
    /** null: broken in there. */
    const attempt = async (length: number): Promise<Buffer | "too much" | null> => {
      try {
        const out = await unpack(bytes.subarray(0, length), { maxOutputLength: Math.min(left, work), finishFlush });
        work -= out.length;
        return work <= 0 ? "too much" : out;
      } catch (error) {
        return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE" ? "too much" : null;
      }
    };
    let out = await attempt(bytes.length);
    // zlib keeps nothing of what breaks, while gunzip(1) prints all that came before: the longest beginning that is whole.
    if (out === null) {
      let whole = 0;
      let broken = bytes.length;
      for (let length = SHORTEST; broken - whole > 1; ) {
        const shorter = length < broken ? length : whole + ((broken - whole) >> 1);
        const some: Buffer | "too much" | null = await attempt(shorter);
        if (some === "too much") return null;
        work -= shorter;
        if (some === null) broken = shorter;
        else {
          out = some;
          whole = shorter;
        }
        length = some === null ? broken : length * 2;
      }
    }
    if (out === "too much") return null;
    left -= out?.length ?? 0;
    return left <= 0 ? null : (out ?? Buffer.alloc(0));
  };
}
