import { createReadStream, createWriteStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { isErrno } from "../../../host/files.ts";
import { cached } from "../image-cache.ts";
import { badImage } from "./image-error.ts";

/** More is no image but a bomb. */
const MOST_BYTES = 256 * 2 ** 30;
const FILE = "image.tar";

/** First bytes of what is no tar, by what it is. */
const OTHERS: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58]],
  ["bzip2", [0x42, 0x5a, 0x68]],
];

/**
 * A file in which one can seek: the named one, or what a gzip-compressed one holds, unpacked once into the cache. Rejects
 * with HOST_UNFIT, STATE_UNUSABLE.
 */
export async function plainFile(path: string, signal?: AbortSignal): Promise<string> {
  const head = await headOf(path);
  const starts = (bytes: readonly number[]) => head.subarray(0, bytes.length).equals(Buffer.from(bytes));
  const other = OTHERS.find(([, bytes]) => starts(bytes));
  if (other !== undefined) throw badImage(path, `it is compressed by ${other[0]}`, "uncompress it, or use gzip");
  if (!starts([0x1f, 0x8b])) return path;
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  const key = [dev, ino, size, mtimeNs, ctimeNs].map(String);
  const make = (folder: string) => unpack(path, join(folder, FILE), signal);
  return join(await cached({ shelf: "unpacked", key, files: [FILE], make, signal }), FILE);
}

async function unpack(path: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  let bytes = 0;
  const bounded = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      done(bytes > MOST_BYTES ? badImage(path, `it holds more than ${MOST_BYTES} bytes`) : null, chunk);
    },
  });
  try {
    await pipeline(
      createReadStream(path, { highWaterMark: 1 << 20 }),
      createGunzip({ chunkSize: 1 << 18 }),
      bounded,
      createWriteStream(to, { mode: 0o600 }),
      { ...(signal !== undefined && { signal }) },
    );
  } catch (error) {
    if (isErrno(error, "Z_BUF_ERROR")) throw badImage(path, "it ends too early");
    if (isErrno(error, "Z_DATA_ERROR")) throw badImage(path, "it is damaged");
    throw error;
  }
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path).catch((error: unknown) => {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES")) throw badImage(path, "it cannot be opened");
    throw error;
  });
  try {
    const head = Buffer.alloc(4);
    await file.read(head, 0, 4, 0);
    return head;
  } finally {
    await file.close();
  }
}
