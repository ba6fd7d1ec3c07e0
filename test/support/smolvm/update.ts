import type { Asked } from "./clap.ts";
import { checkSizes, portsOf } from "./create.ts";
import { volumesOf } from "./shares.ts";
import { type Machine, RuntimeError, readMachine, sizesOf, writeMachine } from "./store.ts";

const failure = (step: string, what: string) => new RuntimeError(`config operation failed: ${step}: ${what}`);
const bad = (what: string) => failure("update", what);

/** `machine update`: changes a record; a machine that runs sees it at its next start. It cannot change what is allowed. */
export function update(version: string, asked: Asked): string {
  const name = asked.values.get("name") ?? asked.positional.get("NAME") ?? "";
  const machine = readMachine(name);
  if (machine === null) throw bad(`machine '${name}' not found`);
  const list = (long: string) => asked.lists.get(long) ?? [];
  const number = (long: string, now: number) => Number(asked.values.get(long) ?? now);
  for (const long of ["gpu", "no-gpu", "rosetta", "no-rosetta"]) {
    if (asked.flags.has(long)) throw bad(`the stand-in does not know --${long}`);
  }
  const wrong = list("env").find((text) => !/^[^=]+=/.test(text));
  if (wrong !== undefined) throw bad(`invalid env format '${wrong}': expected KEY=VALUE`);
  const taken = [...list("env").map((text) => text.split("=")[0]), ...list("remove-env")];
  // As they were given at create, without a mode.
  const volumes = machine.volumes.filter((volume) => !list("remove-volume").includes(unmarked(volume)));
  const ports = machine.ports.filter((port) => !list("remove-port").map(pair).includes(port));
  const sizes = sizesOf(machine);
  const changed: Machine = {
    ...machine,
    cpus: number("cpus", machine.cpus),
    mem: number("mem", machine.mem),
    storage: asked.values.has("storage") ? number("storage", 0) : machine.storage,
    overlay: asked.values.has("overlay") ? number("overlay", 0) : machine.overlay,
    volumes: volumesOf(version, [...volumes, ...list("volume")]),
    ports: portsOf([...ports, ...list("port")], "update"),
    env: [...machine.env.filter((text) => !taken.includes(text.split("=")[0])), ...list("env")],
    workdir: asked.values.get("workdir") ?? machine.workdir,
    network: networkOf(machine, asked),
  };
  checkSizes(changed);
  for (const [disk, size] of Object.entries(sizesOf(changed))) {
    const now = sizes[disk as "storage"];
    const why = `${disk} disk cannot be shrunk from ${now} GiB to ${size} GiB`;
    if (size < now) throw failure("resize", `${why}. Only expanding is supported to prevent data loss.`);
  }
  const said = changes(asked, machine, changed);
  if (said.length === 0) return "No changes specified.\n";
  writeMachine(changed);
  const lines = said.map((line) => `  ${line}\n`).join("");
  return `Updated machine '${name}':\n${lines}\nStart with: smolvm machine start --name ${name}\n`;
}

const unmarked = (volume: string): string => volume.replace(/:r[ow]$/, "");
const pair = (port: string): string => (port.includes(":") ? port : `${port}:${port}`);

/** What is given counts, though it be the same; what is taken away must have been there. */
function changes(asked: Asked, old: Machine, now: Machine): string[] {
  const [before, after] = [sizesOf(old), sizesOf(now)];
  const size = (long: string, from: number, to: number, unit: string, word = long) =>
    asked.values.has(long) ? [`${word}: ${from}${unit} → ${to}${unit}`] : [];
  const gone = (word: string, those: readonly string[], rest: readonly string[]) =>
    those.filter((one) => !rest.includes(one)).map((one) => `removed ${word}: ${unmarked(one)}`);
  const added = now.volumes.filter((volume) => !old.volumes.includes(volume));
  return [
    ...size("storage", before.storage, after.storage, " GiB"),
    ...size("overlay", before.overlay, after.overlay, " GiB"),
    ...gone("volume", old.volumes, now.volumes),
    ...added.map((volume) => `added volume: ${volume.replace(/:rw$/, "")}`),
    ...gone("port", old.ports, now.ports),
    ...(asked.lists.get("port") ?? []).map((port) => `added port: ${pair(port)}`),
    ...size("cpus", old.cpus, now.cpus, ""),
    ...size("mem", old.mem, now.mem, " MiB", "memory"),
    ...(asked.flags.has("net") ? ["network: enabled"] : []),
    ...(asked.flags.has("no-net") ? ["network: disabled"] : []),
    ...(asked.lists.get("env") ?? []).map((text) => `env: ${text}`),
    ...(asked.lists.get("remove-env") ?? [])
      .filter((key) => old.env.some((text) => text.startsWith(`${key}=`)))
      .map((key) => `removed env: ${key}`),
    ...(asked.values.has("workdir") ? [`workdir: ${now.workdir}`] : []),
  ];
}

/** `--no-net` clears the lists too; with `--net` they stay as they are. */
function networkOf({ network }: Machine, asked: Asked): Machine["network"] {
  if (asked.flags.has("no-net")) return null;
  if (network !== null || !(asked.flags.has("net") || asked.lists.has("port"))) return network;
  return { backend: "tsi", allow: null, names: null };
}
