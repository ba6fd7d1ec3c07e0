import { spawnSync } from "node:child_process";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { TAR_END, tarHeader, tarPadding } from "../../../src/core/wire/tar-writer.ts";
import type { Asked } from "./clap.ts";
import { merge, unpackMerged } from "./image.ts";
import { floorOf } from "./network.ts";
import { has } from "./quirks.ts";
import { fileDigest, pull } from "./registry-client.ts";
import { type ImageConfig, PACKS, RuntimeError } from "./store.ts";
import { atLeast } from "./version-order.ts";

/** What a pack says of itself; whose image it is (`USER`) it does not say. */
export interface PackManifest {
  readonly image: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly workdir: string | null;
  readonly cpus: number;
  readonly mem: number;
  readonly network: boolean;
  readonly user?: string;
  readonly layers: { readonly size: number; readonly sha256: string };
}

const PROXIES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"];
const UNKNOWN = ["from-vm", "smolfile", "single-file", "gpu", "stub", "lib-dir", "rootfs-dir", "staging-dir"];

const failure = (what: string) => new RuntimeError(`agent operation failed: pack: ${what}`);
const bad = (what: string) => new RuntimeError(`config operation failed: pack: ${what}`);

/**
 * `pack create`: pulls the image and writes PATH (a stub) and PATH.smolmachine, both in place: who is killed meanwhile
 * leaves them as far as they came (src/cli/pack.rs).
 */
export async function packCreate(version: string, asked: Asked): Promise<string> {
  const unknown = UNKNOWN.find((long) => asked.values.has(long) || asked.flags.has(long));
  if (unknown !== undefined) throw bad(`the stand-in does not know --${unknown}`);
  const image = asked.values.get("image") ?? "";
  const [cpus, mem] = [Number(asked.values.get("cpus") ?? 4), Number(asked.values.get("mem") ?? 8192)];
  if (cpus === 0 || mem < 64) throw bad("no such size");
  const proxy =
    asked.values.get("proxy") ?? (atLeast(version, "1.9.3") ? PROXIES.find((name) => process.env[name]) : undefined);
  if (proxy !== undefined && !asked.values.has("no-proxy")) throw failure(`no proxy is dialed here: ${proxy}`);
  // The image is pulled by a guest, over TSI: its 127.0.0.1 is the host's until its floor denied that in 1.3.3.
  if (floorOf(version, "tsi").length > 2) throw failure("pull: the egress floor denies loopback");
  const path = resolve(asked.values.get("output") ?? "");
  const sidecar = `${path}.smolmachine`;
  writeFileSync(path, "#!/bin/sh\necho 'a fake stub' >&2\nexit 1\n", { mode: 0o755 });
  writeFileSync(sidecar, "");
  mkdirSync(PACKS, { recursive: true });
  const staging = mkdtempSync(join(PACKS, "staging-"));
  try {
    const pulled = await pull(image, staging, asked.values.get("oci-platform"));
    const merged = join(staging, "merged.tar");
    await merge(pulled.layers, merged);
    const size = statSync(merged).size;
    const { config } = pulled;
    const entrypoint = asked.values.get("entrypoint");
    const manifest: PackManifest = {
      image,
      entrypoint: entrypoint === undefined ? (config.Entrypoint ?? []) : [entrypoint],
      cmd: config.Cmd ?? [],
      env: config.Env ?? [],
      workdir: config.WorkingDir || null,
      cpus,
      mem,
      network: false,
      ...(!has(version, "pack-root") && { user: config.User ?? "" }),
      layers: { size, sha256: await fileDigest(merged) },
    };
    await writeSidecar(sidecar, merged, size, Buffer.from(JSON.stringify(manifest)));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return `Packed ${image}: ${path}\n`;
}

async function writeSidecar(path: string, layers: string, size: number, manifest: Buffer): Promise<void> {
  const head = (name: string, bytes: number) =>
    tarHeader({ path: name, type: "file", size: bytes, mode: 0o644, mtime: 0 });
  await pipeline(async function* () {
    yield head("layers.tar", size);
    yield* createReadStream(layers) as AsyncIterable<Buffer>;
    yield tarPadding(size);
    yield head("manifest.json", manifest.length);
    yield manifest;
    yield tarPadding(manifest.length);
    yield TAR_END;
  }, createWriteStream(path));
}

/** The sidecar that `--from PATH` names. Throws where there is none. */
export function sidecarOf(path: string, otherwise: string): string {
  const full = resolve(path);
  const found = [full.endsWith(".smolmachine") ? full : `${full}.smolmachine`].find((one) => existsSync(one));
  if (found === undefined) throw new RuntimeError(otherwise);
  return found;
}

/** Throws for what is no whole pack. */
export function readPack(sidecar: string): PackManifest {
  const { status, stdout } = spawnSync("tar", ["-xOf", sidecar, "manifest.json"], { maxBuffer: 2 ** 20 });
  if (status !== 0 || stdout.length === 0) throw bad(`${sidecar} is damaged`);
  return JSON.parse(stdout.toString("utf8")) as PackManifest;
}

/** What of a pack is an image's configuration. */
export function packConfig({ entrypoint, cmd, env, workdir, user }: PackManifest): ImageConfig {
  return {
    Entrypoint: entrypoint,
    Cmd: cmd,
    Env: env,
    ...(workdir !== null && { WorkingDir: workdir }),
    ...(user !== undefined && { User: user }),
  };
}

/** Whose the files of a pack become; null: as the image says. STAND_IN_EXTRACTOR_UID: as if smolvm ran as that user. */
export function ownerOf(version: string): number | null {
  const extractor = Number(process.env.STAND_IN_EXTRACTOR_UID ?? process.getuid?.() ?? 0);
  if (has(version, "pack-owner")) return extractor;
  return extractor === 0 && has(version, "pack-owner-root") ? 0 : null;
}

/** Unpacks a pack into the user's cache, unless it is there; answers the folder with its files. */
export async function unpackPack(version: string, sidecar: string): Promise<string> {
  const manifest = readPack(sidecar);
  let crc = 0;
  for await (const piece of createReadStream(sidecar) as AsyncIterable<Buffer>) crc = crc32(piece, crc);
  const folder = join(PACKS, crc.toString(16).padStart(8, "0"));
  const owner = ownerOf(version);
  const [root, whole] = [join(folder, "rootfs"), join(folder, "whole")];
  const isWhole = () => existsSync(whole) && readFileSync(whole, "utf8") === String(owner);
  if (isWhole()) return root;
  // Two may unpack it at once: who is later takes what the other has made.
  const made = `${folder}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  try {
    const layers = join(made, "layers.tar");
    spawnSync("/bin/sh", ["-c", 'exec tar -xOf "$0" layers.tar >"$1"', sidecar, layers]);
    if ((await fileDigest(layers)) !== manifest.layers.sha256) throw bad(`${sidecar} is damaged`);
    await unpackMerged(layers, join(made, "rootfs"), owner);
    rmSync(layers);
    writeFileSync(join(made, "whole"), String(owner));
    // What another owner was unpacked for, or nobody finished, goes first.
    if (existsSync(folder) && !isWhole()) rmSync(folder, { recursive: true, force: true });
    renameSync(made, folder);
  } catch (error) {
    if (!isWhole()) throw error;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return root;
}
