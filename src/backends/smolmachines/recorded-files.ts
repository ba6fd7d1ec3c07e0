import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { syncPath } from "../../host/files.ts";

/** What an entry of the cache is made of. */
const RECORD = "record.json";
const RECORD_BYTES = 64 * 1024;

const FILE = z.object({
  bytes: z.int().nonnegative(),
  /** Hexadecimal. */
  sha256: z.string(),
  /** Tells without reading it that the file is the one that was read last. */
  stamp: z.string(),
});
const FORM = z.object({ files: z.record(z.string(), FILE) });
type Files = z.infer<typeof FORM>["files"];

/** Writes down what these files of a folder are, and has all of it on the disk. Rejects with the system's errors. */
export async function recordFiles(folder: string, names: readonly string[]): Promise<void> {
  const files: Files = {};
  for (const name of names) {
    const path = join(folder, name);
    await syncPath(path);
    const { bytes, stamp } = await look(path);
    if (bytes === 0) throw new Error(`${path} is empty`);
    files[name] = { bytes, stamp, sha256: await sha256(path) };
  }
  await writeRecord(folder, files);
}

/** Are these files there, and as they were recorded? One is read again when anything says that it was touched. */
export async function areRecorded(folder: string, names: readonly string[]): Promise<boolean> {
  try {
    const known = await readRecord(folder);
    const changed: Files = {};
    for (const name of names) {
      const was = known[name];
      const path = join(folder, name);
      const { bytes, stamp } = await look(path);
      if (was === undefined || bytes !== was.bytes) return false;
      if (stamp === was.stamp) continue;
      if ((await sha256(path)) !== was.sha256) return false;
      changed[name] = { ...was, stamp };
    }
    if (Object.keys(changed).length > 0) await writeRecord(folder, { ...known, ...changed });
    return true;
  } catch {
    // It goes, or was never whole.
    return false;
  }
}

async function readRecord(folder: string): Promise<Files> {
  const path = join(folder, RECORD);
  if ((await look(path)).bytes > RECORD_BYTES) throw new Error(`${path} is none of ours`);
  return FORM.parse(JSON.parse(await readFile(path, "utf8"))).files;
}

async function writeRecord(folder: string, files: Files): Promise<void> {
  const [path, draft] = [join(folder, RECORD), join(folder, `.${randomBytes(6).toString("hex")}.tmp`)];
  await writeFile(draft, JSON.stringify({ files }), { mode: 0o600 });
  await syncPath(draft);
  await rename(draft, path);
  await syncPath(folder);
}

async function look(path: string): Promise<{ readonly bytes: number; readonly stamp: string }> {
  const found = await lstat(path, { bigint: true });
  if (!found.isFile()) throw new Error(`${path} is no file`);
  const stamp = [found.dev, found.ino, found.mtimeNs, found.ctimeNs].join(" ");
  return { bytes: Number(found.size), stamp };
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}
