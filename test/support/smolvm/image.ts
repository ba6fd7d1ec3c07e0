import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type ImageConfig, RuntimeError } from "./store.ts";

const LAYERS = join(import.meta.dirname, "layers.py");
const ENV = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" };

const failure = (what: string) => new RuntimeError(`agent operation failed: image: ${what}`);

function member(archive: string, name: string): Buffer {
  const { status, stdout } = spawnSync("tar", ["-xOf", archive, "--", name], { maxBuffer: 16 * 2 ** 20, env: ENV });
  if (status !== 0) throw failure(`${archive} has no ${name}`);
  return stdout;
}

interface Entry {
  readonly Config: string;
  readonly Layers: readonly string[];
}

function manifestOf(path: string): Entry {
  const [entry] = JSON.parse(member(path, "manifest.json").toString("utf8")) as Entry[];
  if (entry === undefined) throw failure(`${path} is empty`);
  return entry;
}

/** The configuration of a saved image (`docker save`, `podman save`; gzip too), or of a folder, which has none. */
export function savedConfig(path: string): ImageConfig {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw failure(`no such file: ${path}`);
  if (found.isDirectory()) return {};
  const { config } = JSON.parse(member(path, manifestOf(path).Config).toString("utf8")) as {
    config?: ImageConfig | null;
  };
  return config ?? {};
}

/** Unpacks a saved image into the new folder `root`, as root in the guest does: everything keeps its owner. */
export async function unpackSaved(path: string, root: string): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    await tool("cp", ["-a", "--", path, root]);
    return;
  }
  const folder = mkdtempSync(`${root}.layers-`);
  try {
    const layers: string[] = [];
    for (const [index, name] of manifestOf(path).Layers.entries()) {
      const file = join(folder, `${index}.tar`);
      await extract(path, name, file);
      layers.push(await plain(file));
    }
    await merge(layers, join(folder, "merged.tar"));
    await unpackMerged(join(folder, "merged.tar"), root, null);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function extract(archive: string, name: string, file: string): Promise<void> {
  const child = spawn("tar", ["-xOf", archive, "--", name], { stdio: ["ignore", "pipe", "ignore"], env: ENV });
  const [, [code]] = await Promise.all([pipeline(child.stdout, createWriteStream(file)), once(child, "close")]);
  if (code !== 0) throw failure(`${archive} has no ${name}`);
}

/** A layer that is compressed is written again, plain. */
async function plain(file: string): Promise<string> {
  const head = Buffer.alloc(2);
  const handle = openSync(file, "r");
  readSync(handle, head, 0, 2, 0);
  closeSync(handle);
  if (head.toString("hex") !== "1f8b") return file;
  await pipeline(createReadStream(file), createGunzip(), createWriteStream(`${file}.plain`));
  return `${file}.plain`;
}

/** Makes one tar of what a container of these layers sees: plain tars, the lowest first. */
export function merge(layers: readonly string[], out: string): Promise<void> {
  return tool("python3", [LAYERS, "merge", out, ...layers]);
}

/** Unpacks a merged tar into the new folder `root`; everything in it belongs to `owner`, or (null) to whom it says. */
export async function unpackMerged(tar: string, root: string, owner: number | null): Promise<void> {
  mkdirSync(dirname(root), { recursive: true });
  await tool("python3", [LAYERS, "unpack", tar, root, owner === null ? "-" : String(owner)]);
}

/** Copies a folder with all owners and modes. */
export async function copyFolder(from: string, to: string): Promise<void> {
  if (!existsSync(from)) throw failure(`no such folder: ${from}`);
  await tool("cp", ["-a", "--", from, to]);
}

async function tool(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env: ENV });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    words = (words + piece).slice(-2000);
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw failure(`${program}: ${words.trim().split("\n").at(-1) ?? ""}`);
}
