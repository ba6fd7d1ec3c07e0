import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Asked } from "./clap.ts";
import { fault } from "./faults.ts";
import { packLayers } from "./guest.ts";
import { copyFolder, savedConfig } from "./image.ts";
import { networkAsked } from "./network.ts";
import { type PackManifest, packConfig, readPack, sidecarOf, unpackPack } from "./pack.ts";
import { has } from "./quirks.ts";
import {
  checkName,
  type ImageConfig,
  type Machine,
  RuntimeError,
  release,
  reserve,
  type Source,
  writeMachine,
} from "./store.ts";
import { atLeast } from "./version-order.ts";

const REFUSED_SOURCES = /^\/(?:var)?$|^\/(?:var\/run|var\/log|etc|usr|bin|sbin|lib|proc|sys|dev|run)(?:\/|$)/;
const UNKNOWN = ["smolfile", "init", "ssh-agent", "gpu", "gpu-vram", "docker-socket", "expose-socket"];
/** What `--from` takes no notice of, at any release. */
const UNSEEN = ["gpu", "gpu-vram"];

const bad = (what: string) => new RuntimeError(`config operation failed: create: ${what}`);

interface Origin {
  readonly source: Source;
  readonly image: string | null;
  readonly config: ImageConfig;
  readonly pack: PackManifest | null;
}

function originOf(version: string, asked: Asked): Origin {
  const from = asked.values.get("from");
  if (from !== undefined) {
    const path = realpathSync(sidecarOf(from));
    const pack = readPack(path);
    return { source: { kind: "pack", path }, image: pack.image, config: packConfig(pack), pack };
  }
  const image = asked.values.get("image");
  if (image === undefined) return { source: { kind: "bare" }, image: null, config: {}, pack: null };
  if (image === "" && atLeast(version, "0.8.1")) throw bad("the image reference is empty");
  // A path is a saved image or a root file system since 1.1.0; before, it is taken for a name in a registry.
  if (atLeast(version, "1.1.0") && /^\.{0,2}\//.test(image)) {
    const path = resolve(image);
    return { source: { kind: "saved", path }, image, config: savedConfig(path), pack: null };
  }
  return { source: { kind: "registry", reference: image }, image, config: {}, pack: null };
}

/** `machine create`: writes a record; nothing runs yet. */
export async function create(version: string, asked: Asked): Promise<string> {
  const name = asked.values.get("name") ?? asked.positional.get("NAME") ?? `vm-${randomBytes(4).toString("hex")}`;
  checkName(name);
  if (fault("failing-create") !== null) throw bad("a fault that was asked for");
  const from = asked.values.has("from");
  const given = (long: string) => asked.values.has(long) || asked.flags.has(long) || asked.lists.has(long);
  const unknown = UNKNOWN.find((long) => given(long) && !(from && UNSEEN.includes(long)));
  if (unknown !== undefined) throw bad(`the stand-in does not know --${unknown}`);
  const { source, image, config, pack } = originOf(version, asked);
  const sizes = sizesOf(asked, pack);
  if (pack === null) checkSizes(sizes);
  const network = networkAsked(version, asked, pack);
  if (source.kind === "registry" && network === null && atLeast(version, "1.7.3")) {
    throw bad(`image '${source.reference}' must be pulled, and the machine has no network`);
  }
  const machine: Machine = {
    name,
    image,
    source,
    config,
    ...sizes,
    volumes: volumesOf(version, asked.lists.get("volume") ?? []),
    // In a machine from a pack they are seen since 1.7.0 only.
    sockets: from && !atLeast(version, "1.7.0") ? [] : (asked.lists.get("mount-socket") ?? []).map(checkSocket),
    ports: portsOf(asked.lists.get("port") ?? []),
    env: envOf(version, asked.lists.get("env") ?? []),
    secretEnv: from ? [] : (asked.lists.get("secret-env") ?? []),
    labels: Object.fromEntries((asked.lists.get("label") ?? []).map(labelOf)),
    workdir: from ? null : (asked.values.get("workdir") ?? null),
    workload: asked.trailing,
    network,
    createdAt: Math.floor(Date.now() / 1000),
    started: false,
  };
  reserve(name);
  try {
    let said = "";
    if (source.kind === "pack") {
      said = `Extracting ${source.path}...\n`;
      const unpacked = await unpackPack(version, source.path);
      if (!has(version, "pack-reread")) {
        mkdirSync(dirname(packLayers(name)), { recursive: true, mode: 0o700 });
        await copyFolder(unpacked, packLayers(name));
      }
    }
    writeMachine(machine);
    return `${said}${words(machine)}`;
  } catch (error) {
    release(name);
    throw error;
  }
}

/** The machine that `start` without a name makes on the fly. */
export function defaultMachine(name: string): Machine {
  const sizes = { cpus: 4, mem: 8192, storage: 20, overlay: 10 };
  const machine: Machine = {
    ...{
      name,
      image: null,
      source: { kind: "bare" },
      config: {},
      ...sizes,
      volumes: [],
      sockets: [],
      ports: [],
      env: [],
    },
    ...{ secretEnv: [], labels: {}, workdir: null, workload: [], network: null, started: false },
    createdAt: Math.floor(Date.now() / 1000),
  };
  reserve(name);
  writeMachine(machine);
  return machine;
}

function words({ name, cpus, mem, volumes, ports }: Machine): string {
  return [
    `Created machine: ${name}`,
    `  CPUs: ${cpus}, Memory: ${mem} MiB`,
    ...(volumes.length === 0 ? [] : [`  Mounts: ${volumes.length}`]),
    ...(ports.length === 0 ? [] : [`  Ports: ${ports.length}`]),
    "",
    "Start it with: smolvm machine start",
    "",
  ].join("\n");
}

type Sizes = Pick<Machine, "cpus" | "mem" | "storage" | "overlay">;

function sizesOf(asked: Asked, pack: PackManifest | null): Sizes {
  const number = (long: string, otherwise: number) => Number(asked.values.get(long) ?? otherwise);
  return {
    cpus: number("cpus", pack?.cpus ?? 4),
    mem: number("mem", pack?.mem ?? 8192),
    storage: number("storage", 20),
    overlay: number("overlay", 10),
  };
}

/** Throws for a machine that could not be: at create, of one from a pack at start. */
export function checkSizes({ cpus, mem, storage, overlay }: Sizes): void {
  if (cpus === 0) throw bad("cpus must be at least 1");
  if (mem < 64) throw bad("memory must be at least 64 MiB");
  if (storage === 0 || overlay === 0) throw bad("a disk must be at least 1 GiB");
}

export function volumesOf(version: string, texts: readonly string[]): string[] {
  const volumes = texts.map(checkVolume);
  const targets = volumes.map((volume) => volume.split(":")[1]);
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice !== undefined && atLeast(version, "0.8.1")) throw bad(`duplicate mount target: ${twice}`);
  return volumes;
}

function checkVolume(volume: string): string {
  const parts = volume.split(":");
  const [host = "", guest = "", mode = "rw"] = parts;
  if (parts.length > 3 || !guest.startsWith("/") || !["ro", "rw"].includes(mode)) throw bad(`volume: '${volume}'`);
  if (!existsSync(host)) throw new RuntimeError(`mount source not found: ${host}`);
  const real = realpathSync(host);
  if (!lstatSync(real).isDirectory()) throw bad(`volume: not a directory: ${host}`);
  if (REFUSED_SOURCES.test(real)) throw bad(`volume: refused source: ${host}`);
  return [real, guest, mode].join(":");
}

function checkSocket(socket: string): string {
  const [host = "", guest = "", more] = socket.split(":");
  if (!host.startsWith("/") || !guest.startsWith("/") || more !== undefined) throw bad(`socket: '${socket}'`);
  return socket;
}

/** As `HOST:GUEST`. Throws for a host's port that is named twice. */
export function portsOf(texts: readonly string[]): string[] {
  const ports = texts.map((text) => (text.includes(":") ? text : `${text}:${text}`));
  const hosts = ports.map((port) => Number(port.split(":")[0]));
  if (new Set(hosts).size !== hosts.length) throw bad("a host port is published twice");
  return ports;
}

/** What is malformed is dropped without a word; a KEY alone is the caller's since 0.8.1. */
function envOf(version: string, texts: readonly string[]): string[] {
  return texts.flatMap((text) => {
    if (/^[^=]+=/.test(text)) return [text];
    const known = text === "" || text.startsWith("=") ? undefined : process.env[text];
    return known === undefined || has(version, "key-dropped") ? [] : [`${text}=${known}`];
  });
}

function labelOf(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw bad(`label: '${text}'`);
  return [text.slice(0, at), text.slice(at + 1)];
}
