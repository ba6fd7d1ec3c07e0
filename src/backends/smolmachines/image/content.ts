import { createHash } from "node:crypto";

/** Bytes that are known by their digest. */
export interface Content {
  /** `sha256:...` */
  readonly digest: string;
  readonly size: number;
  /** Bytes `from` to before `to`. Rejects where they cannot be read. */
  read(from: number, to: number): AsyncIterable<Uint8Array>;
}

/** Pure. */
export function contentOf(bytes: Uint8Array): Content {
  return {
    digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
    size: bytes.length,
    read: async function* (from, to) {
      yield bytes.subarray(from, to);
    },
  };
}

/** What can be read in parts, and is `size` long. */
export interface Source {
  readonly size: number;
  read(from: number, to: number): AsyncIterable<Uint8Array>;
}

/** Greatest that a stored block can be (RFC 1951, 3.2.4). */
const BLOCK = 0xffff;
const BLOCK_HEAD = 5;
/** RFC 1952: no name, no time, of an unknown system. */
const HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
const TAIL = 8;

/**
 * `source` as gzip that compresses nothing: who pulls a layer expects gzip, and so it can be read from any place of it
 * without being kept a second time. `crc`: of the source.
 */
export function storedGzip(source: Source, crc: number): Source {
  const blocks = Math.max(1, Math.ceil(source.size / BLOCK));
  const end = HEAD.length + blocks * BLOCK_HEAD + source.size;
  const tail = Buffer.alloc(TAIL);
  tail.writeUInt32LE(crc >>> 0, 0);
  tail.writeUInt32LE(source.size % 2 ** 32, 4);

  /** All of it from a block's beginning on. */
  async function* from(first: number): AsyncGenerator<Uint8Array> {
    if (first === 0) yield HEAD;
    let block = first;
    let left = 0;
    const head = (): Buffer => {
      left = Math.min(BLOCK, source.size - block * BLOCK);
      const bytes = Buffer.alloc(BLOCK_HEAD);
      block += 1;
      bytes[0] = block === blocks ? 1 : 0;
      bytes.writeUInt16LE(left, 1);
      bytes.writeUInt16LE(left ^ 0xffff, 3);
      return bytes;
    };
    if (source.size === 0) yield head();
    for await (const piece of source.read(first * BLOCK, source.size)) {
      for (let at = 0; at < piece.length; ) {
        if (left === 0) yield head();
        const part = piece.subarray(at, at + left);
        at += part.length;
        left -= part.length;
        yield part;
      }
    }
    yield tail;
  }

  return {
    size: end + TAIL,
    read: async function* (start, stop) {
      const first = Math.min(blocks - 1, Math.max(0, Math.floor((start - HEAD.length) / (BLOCK + BLOCK_HEAD))));
      let at = first === 0 ? 0 : HEAD.length + first * (BLOCK + BLOCK_HEAD);
      for await (const piece of from(first)) {
        if (at >= stop) return;
        const part = piece.subarray(Math.max(0, start - at), Math.max(0, stop - at));
        at += piece.length;
        if (part.length > 0) yield part;
      }
    },
  };
}
