import type { Asked } from "./clap.ts";
import { checkSizes, portsOf, volumesOf } from "./create.ts";
import { knownMachine, type Machine, RuntimeError, writeMachine } from "./store.ts";

const bad = (what: string) => new RuntimeError(`config operation failed: update: ${what}`);

/** `machine update`: changes a record; a machine that runs sees it at its next start. It cannot change what is allowed. */
export function update(version: string, asked: Asked): string {
  const machine = knownMachine(asked.values.get("name") ?? asked.positional.get("NAME") ?? "");
  const list = (long: string) => asked.lists.get(long) ?? [];
  const number = (long: string, now: number) => Number(asked.values.get(long) ?? now);
  if (asked.flags.has("gpu") || asked.flags.has("no-gpu")) throw bad("the stand-in does not know --gpu");
  const wrong = list("env").find((text) => !/^[^=]+=/.test(text));
  if (wrong !== undefined) throw bad(`malformed variable '${wrong}'`);
  const taken = [...list("env").map((text) => text.split("=")[0]), ...list("remove-env")];
  const volumes = machine.volumes.filter((volume) => !list("remove-volume").includes(volume.split(":")[1] ?? ""));
  const ports = machine.ports.filter(
    (port) => !list("remove-port").some((text) => port.startsWith(`${text.split(":")[0]}:`)),
  );
  const changed: Machine = {
    ...machine,
    cpus: number("cpus", machine.cpus),
    mem: number("mem", machine.mem),
    storage: number("storage", machine.storage),
    overlay: number("overlay", machine.overlay),
    volumes: volumesOf(version, [...volumes, ...list("volume")]),
    ports: portsOf([...ports, ...list("port")]),
    env: [...machine.env.filter((text) => !taken.includes(text.split("=")[0])), ...list("env")],
    workdir: asked.values.get("workdir") ?? machine.workdir,
    network: networkOf(machine, asked),
  };
  checkSizes(changed);
  writeMachine(changed);
  return `Updated machine: ${machine.name}\n`;
}

/** `--no-net` clears the lists too; with `--net` they stay as they are. */
function networkOf({ network }: Machine, asked: Asked): Machine["network"] {
  if (asked.flags.has("no-net")) return null;
  if (network !== null || !(asked.flags.has("net") || asked.lists.has("port"))) return network;
  return { backend: "tsi", allow: null, names: null };
}
