import { randomBytes } from "node:crypto";
import { mkdirSync, realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Asked, commandsOf } from "./clap.ts";
import { fault } from "./faults.ts";
import { packLayers } from "./guest.ts";
import { copyFolder, savedConfig } from "./image.ts";
import { networkAsked } from "./network.ts";
import { type PackManifest, packConfig, readPack, sidecarOf, unpackPack } from "./pack.ts";
import { has } from "./quirks.ts";
import { fileDigest } from "./registry-client.ts";
import { checkSocket, volumesOf } from "./shares.ts";
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

/** What is no image is found out when the machine starts. */
function configOf(path: string): ImageConfig {
  try {
    return savedConfig(path);
  } catch {
    return {};
  }
}

async function originOf(version: string, asked: Asked): Promise<Origin> {
  const from = asked.values.get("from");
  if (from !== undefined) {
    const path = realpathSync(
      sidecarOf(from, `config operation failed: create from .smolmachine: file not found: ${from}`),
    );
    const pack = readPack(path);
    return { source: { kind: "pack", path }, image: pack.image, config: packConfig(pack), pack };
  }
  const image = asked.values.get("image");
  if (image === undefined) return { source: { kind: "bare" }, image: null, config: {}, pack: null };
  // A path is a saved image or a root file system since 1.1.0; before, it is taken for a name in a registry.
  if (atLeast(version, "1.1.0") && /^\.{0,2}\//.test(image)) {
    const path = resolve(image);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) {
      throw new RuntimeError(
        `config operation failed: --image: cannot read archive ${path}: No such file or directory (os error 2)`,
      );
    }
    const origin = { source: { kind: "saved", path }, config: configOf(path), pack: null } as const;
    return { ...origin, image: found.isDirectory() ? `local-dir:${path}` : `local:${await fileDigest(path)}` };
  }
  return { source: { kind: "registry", reference: image }, image, config: {}, pack: null };
}

/** Of options behind `--`; which words count was seen at 1.10.0. */
function noteOn(version: string, words: readonly string[]): string {
  const shape = commandsOf(version).find(({ words: [, word] }) => word === "create");
  const known = words.filter((word) => shape?.flags.some(({ long }) => word === `--${long}`));
  const they = known.length > 1 ? "they were" : "it was";
  return known.length === 0
    ? ""
    : `note: ${known.join(", ")} came after \`--\`, so ${they} passed to the workload and did not configure the machine. Machine options go before \`--\`.\n`;
}

const unreachable = (image: string): string =>
  [
    `config operation failed: create machine: image '${image}' must be pulled from a registry, but this machine has no`,
    "network, so the pull can never succeed. Add --net (or publish a port with -p, or set an egress policy with",
    "--allow-cidr/--allow-host). To keep the machine network-isolated, supply the image locally instead:",
    `\`docker save ${image} | smolvm machine create --image - ...\``,
  ].join(" ");

/** `machine create`: writes a record; nothing runs yet. */
export async function create(version: string, asked: Asked): Promise<string> {
  const name = asked.values.get("name") ?? asked.positional.get("NAME") ?? `vm-${randomBytes(4).toString("hex")}`;
  checkName(name);
  if (fault("failing-create") !== null) throw bad("a fault that was asked for");
  const from = asked.values.has("from");
  const given = (long: string) => asked.values.has(long) || asked.flags.has(long) || asked.lists.has(long);
  const unknown = UNKNOWN.find((long) => given(long) && !(from && UNSEEN.includes(long)));
  if (unknown !== undefined) throw bad(`the stand-in does not know --${unknown}`);
  if (atLeast(version, "1.9.2")) process.stderr.write(noteOn(version, asked.trailing));
  const { source, image, config, pack } = await originOf(version, asked);
  const sizes = sizesOf(asked, pack);
  if (pack === null) checkSizes(sizes);
  const network = networkAsked(version, asked, pack);
  if (source.kind === "registry" && network === null && atLeast(version, "1.7.3")) {
    throw new RuntimeError(unreachable(source.reference));
  }
  const machine: Machine = {
    name,
    image,
    source,
    config,
    ...sizes,
    volumes: volumesOf(version, asked.lists.get("volume") ?? []),
    // In a machine from a pack they are seen since 1.7.0 only.
    sockets:
      from && !atLeast(version, "1.7.0")
        ? []
        : (asked.lists.get("mount-socket") ?? []).map((one) => checkSocket(version, one)),
    ports: portsOf(asked.lists.get("port") ?? [], "validate ports"),
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
  const sizes = { cpus: 4, mem: 8192, storage: null, overlay: null };
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
    `Use 'smolvm machine start --name ${name}' to start the machine`,
    `Then use 'smolvm machine exec --name ${name} -- <command>' to run commands`,
    "",
  ].join("\n");
}

type Sizes = Pick<Machine, "cpus" | "mem" | "storage" | "overlay">;

function sizesOf(asked: Asked, pack: PackManifest | null): Sizes {
  const number = (long: string, otherwise: number) => Number(asked.values.get(long) ?? otherwise);
  const disk = (long: string) => (asked.values.has(long) ? number(long, 0) : null);
  return {
    cpus: number("cpus", pack?.cpus ?? 4),
    mem: number("mem", pack?.mem ?? 8192),
    storage: disk("storage"),
    overlay: disk("overlay"),
  };
}

/** Throws for a machine that could not be: at create, of one from a pack at start. */
export function checkSizes({ cpus, mem, storage, overlay }: Sizes): void {
  const refused = (why: string) => new RuntimeError(`config operation failed: validate resources: ${why}`);
  if (cpus === 0) throw refused("CPU count must be at least 1");
  if (mem < 64) throw refused(`memory must be at least 64 MiB (got ${mem} MiB)`);
  for (const [disk, size] of Object.entries({ storage, overlay })) {
    if (size === 0) throw refused(`${disk} disk size must be greater than 0 GiB`);
  }
}

/** As `HOST:GUEST`. Throws for a host's port that is named twice. */
export function portsOf(texts: readonly string[], step: string): string[] {
  const ports = texts.map((text) => (text.includes(":") ? text : `${text}:${text}`));
  const hosts = ports.map((port) => Number(port.split(":")[0]));
  const twice = hosts.find((port, index) => hosts.indexOf(port) !== index);
  if (twice !== undefined) {
    const why = `duplicate host port ${twice}: each host port can only be mapped once`;
    throw new RuntimeError(`config operation failed: ${step}: ${why}`);
  }
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
  if (at < 1) throw new RuntimeError(`config operation failed: --label: expected KEY=VALUE, got '${text}'`);
  return [text.slice(0, at), text.slice(at + 1)];
}
