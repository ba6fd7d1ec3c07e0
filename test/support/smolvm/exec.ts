import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Asked } from "./clap.ts";
import { connections, runningOf } from "./machines.ts";
import { knownMachine, machineFolder, RuntimeError } from "./store.ts";
import { atLeast } from "./version-order.ts";

const TERMINAL = join(import.meta.dirname, "terminal.py");
/** The agent in the guest serves so many clients (issue 199 of the real one); the next one waits. */
const CONNECTIONS = 8;
/** Bytes of each output that an exec without `--stream`, `-i` and `-t` keeps. */
const KEPT = 11 * 2 ** 20;

/** `machine exec`: enters the guest; resolves with the exit code. */
export async function exec(version: string, asked: Asked): Promise<number> {
  const name = asked.values.get("name") ?? "default";
  const machine = knownMachine(name);
  const running = runningOf(name);
  if (running === null) throw new RuntimeError(`agent operation failed: exec: machine '${name}' is not running`);
  const folder = machineFolder(name);
  const place = join(folder, "connections", String(process.pid));
  while (connections(folder) >= CONNECTIONS) await delay(20);
  writeFileSync(place, "");
  try {
    const { config } = machine;
    // Joined execs honour the image's user since 1.6.0; before, whoever joins is root.
    const user = (atLeast(version, "1.6.0") ? config.User : "") || "0";
    const env = [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "TERM=xterm-256color",
      "HOME=/root",
      ...(config.Env ?? []),
      ...machine.env,
      ...(asked.lists.get("env") ?? []).flatMap((text) => forwarded(version, text)),
    ];
    const words = [
      // Into the machine's memory, where there is one.
      ...[
        "/bin/sh",
        "-c",
        '[ ! -e "$0" ] || read -r file <"$0"; [ -z "$file" ] || echo 0 >"$file"; exec "$@"',
        join(folder, "memory"),
      ],
      ...["nsenter", `--target=${running.guest}`, "--mount", "--pid", "--ipc", "--uts", "--net", "--cgroup"],
      ...["--root", "--wd", `--setuid=${user}`, `--setgid=${user}`, "--"],
      ...["/usr/bin/setsid", ...(asked.flags.has("tty") ? ["--ctty"] : [])],
      ...["/usr/bin/env", "-i", "-C", asked.values.get("workdir") ?? "/", ...env, ...asked.trailing],
    ];
    return await run(version, asked, words);
  } finally {
    rmSync(place, { force: true });
  }
}

/** An entry without `=` forwards the caller's value since 0.8.1, and is dropped before. */
function forwarded(version: string, text: string): string[] {
  if (/^[^=]+=/.test(text)) return [text];
  const value = process.env[text];
  return atLeast(version, "0.8.1") && value !== undefined && !text.includes("=") ? [`${text}=${value}`] : [];
}

function run(version: string, asked: Asked, words: readonly string[]): Promise<number> {
  const terminal = asked.flags.has("tty");
  const [program = "", ...args] = terminal ? ["python3", TERMINAL, ...words] : words;
  const held = !terminal && !asked.flags.has("stream") && !asked.flags.has("interactive");
  const interactive = terminal || asked.flags.has("interactive");
  // Before 1.8.1 more input than this may stop client and agent for ever (926, 931 of the real one).
  const stuck = interactive && !terminal && !atLeast(version, "1.8.1");
  const input = stuck ? "pipe" : interactive ? "inherit" : "ignore";
  const output = held ? "pipe" : "inherit";
  const child = spawn(program, args, {
    // Nothing of the guest is in a process group of the host.
    detached: !terminal,
    stdio: [input, output, output],
    env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
  });
  if (stuck && child.stdin !== null) feed(process.stdin, child.stdin);
  const kept = [child.stdout, child.stderr].map((stream) => {
    const pieces: Buffer[] = [];
    stream?.on("data", (piece: Buffer) => pieces.push(piece));
    return () => Buffer.concat(pieces);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      // A client ends with its command, whatever it could still read.
      if (stuck) process.stdin.destroy();
      const outputs = kept.map((bytes) => bytes());
      if (outputs.some(({ length }) => length > KEPT) && atLeast(version, "1.0.0")) {
        reject(new RuntimeError("agent operation failed: exec: output exceeds 11 MiB"));
        return;
      }
      process.stdout.write(outputs[0]?.subarray(0, KEPT) ?? "");
      process.stderr.write(outputs[1]?.subarray(0, KEPT) ?? "");
      if (signal === null) resolve(code ?? 1);
      else resolve(atLeast(version, "0.8.1") ? 128 + constants.signals[signal] : 255);
    });
  });
}

/** Bytes of input after which an old client gets stuck. */
const STUCK = 300 * 2 ** 10;

function feed(from: NodeJS.ReadStream, to: Writable): void {
  let passed = 0;
  to.on("error", () => from.destroy());
  from.on("data", (piece: Buffer) => {
    passed += piece.length;
    if (passed > STUCK) from.pause();
    else to.write(piece);
  });
  from.on("end", () => to.end());
}
