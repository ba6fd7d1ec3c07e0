import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { loadBackend } from "../../../src/backends/builtins.ts";
import { shellWord } from "../../../src/core/wire/shell-words.ts";
import type { Contender, Interruption } from "../../support/contender.ts";
import { skipWithout } from "../../support/needs.ts";
import { atLeast } from "../../support/smolvm/version-order.ts";
import { namedSmolvm, type SmolvmWorld } from "../../support/smolvm.ts";
import { smolvmColumn } from "../columns.ts";

/** Machines on record whose names say this bottle, VM processes of machines, and clients, that name one of these. */
function census(world: SmolvmWorld, bottle: string): readonly string[] {
  const word = `_${bottle.replaceAll("-", "D")}_`;
  const machines = globSync("home/.local/share/smolvm/server/machines/*.json", { cwd: world.folder })
    .map((file) => file.replace(/^.*\/|\.json$/g, ""))
    .filter((name) => name.includes(word));
  const folders = globSync("home/.cache/smolvm/vms/*/name", { cwd: world.folder })
    .filter((file) => readFileSync(join(world.folder, file), "utf8").includes(word))
    .map((file) => file.replace(/\/name$/, ""));
  const processes = globSync("/proc/[0-9]*/cmdline").flatMap((file) => {
    try {
      const words = readFileSync(file, "latin1").split("\0");
      const ours = words.some((text) => text.includes(word) || folders.some((folder) => text.includes(`${folder}/`)));
      // What waits for our own death tells of it too.
      return ours ? [words.slice(0, 6).join(" ").slice(0, 200)] : [];
    } catch {
      return [];
    }
  });
  return [
    ...machines.map((name) => `machine ${name}`),
    ...folders.map((folder) => `disks ${folder}`),
    ...processes.map((words) => `process ${words}`),
  ];
}

/** Puts a script in front of the program: the Nth call fails. */
async function failingSmolvm(nth: number): Promise<Interruption> {
  const before = process.env.BOT_BOTTLE_SMOLVM ?? "";
  const folder = mkdtempSync(join(tmpdir(), "calls-"));
  chmodSync(folder, 0o755);
  const [program, calls] = [join(folder, "smolvm"), join(folder, "calls")];
  mkdirSync(calls);
  // mkdir is the counter: of two calls at once each gets a number of its own.
  const script = `#!/bin/sh
n=1
while ! /bin/mkdir ${shellWord(calls)}/$n 2>/dev/null; do n=$((n + 1)); done
[ $n = ${nth} ] && { echo "Error: call ${nth} fails for a test" >&2; exit 1; }
exec ${shellWord(before)} "$@"
`;
  writeFileSync(program, script, { mode: 0o755 });
  process.env.BOT_BOTTLE_SMOLVM = program;
  return {
    facts: {},
    calls: () => readdirSync(calls).length,
    [Symbol.asyncDispose]: async () => {
      process.env.BOT_BOTTLE_SMOLVM = before;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Why sizes of temporary folders are not kept where root in a machine has few rights. */
const ON_DISK = "nothing can be mounted inside: /tmp lies on the machine's disk and ends with it";

/** The backend over the FAKE smolvm of one version. */
export function smolmachinesContender(version: string): Contender {
  const world = () => namedSmolvm(version);
  return {
    column: smolvmColumn(version),
    load: async () => {
      world();
      return loadBackend("smolmachines");
    },
    skip: () => skipWithout("root", "bubblewrap", "perl", "python3"),
    exempt: atLeast(version, "1.2.3") ? {} : { "limits-tmp": ON_DISK, "workshop-tmp": ON_DISK },
    unconfined: null,
    services: "host",
    writable: { "/var/tmp": "a tmpfs of the same size as /tmp" },
    spareProcesses: 0,
    interrupt: failingSmolvm,
    stride: 3,
    census: async (bottle) => census(world(), bottle),
    platform: async () => `a fake smolvm ${version}, Linux ${release().replace(/-.*/, "")}`,
    shown: false,
  };
}

/** Why no real smolvm can be tried here, or false. */
function realLack(): string | false {
  const { BOT_BOTTLE_SMOLVM: program, BOT_BOTTLE_SMOLVM_IMAGE: image } = process.env;
  if (!program || !image) return "BOT_BOTTLE_SMOLVM and BOT_BOTTLE_SMOLVM_IMAGE name no smolvm and no saved image";
  try {
    if (process.platform === "linux") accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
  } catch {
    return "/dev/kvm cannot be used here";
  }
  return false;
}

/**
 * The backend over the real smolvm that the environment names. Its column is the fake's, so that the run says in what the
 * real one differs from it.
 */
export function realSmolmachinesContender(): Contender {
  const program = process.env.BOT_BOTTLE_SMOLVM ?? "";
  const ask = (...args: readonly string[]) => spawnSync(program, args, { encoding: "utf8" }).stdout;
  return {
    ...smolmachinesContender("1.9.3"),
    skip: realLack,
    census: async (bottle) => {
      const list = JSON.parse(ask("machine", "ls", "--json")) as { name: string; state: string }[];
      const word = `_${bottle.replaceAll("-", "D")}_`;
      return list.filter(({ name }) => name.includes(word)).map(({ name, state }) => `machine ${name} ${state}`);
    },
    platform: async () => `${ask("--version").trim()}, ${process.platform} ${release()}`,
  };
}
