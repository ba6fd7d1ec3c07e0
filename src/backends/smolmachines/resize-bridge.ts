/**
 * A program of its own, `node resize-bridge.ts MACHINE -- ARGV...`: runs ARGV on the terminal that it was given, and tells
 * the terminals in the machine the size of that one, which smolvm 0.8.0 does not. Ends with the code of ARGV; bad arguments:
 * 2. BOT_BOTTLE_SMOLVM names smolvm, as for `bottle`.
 */
import { spawn, spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { isatty } from "node:tty";
import { exitCode, run } from "../../host/exec.ts";
import { findTool } from "../../host/facts.ts";
import { bringUpOf } from "./bring-up.ts";
import { PROGRAM_VARIABLE, type Smolvm, smolvmIn } from "./command-line.ts";
import { machineFolder } from "./machine-folder.ts";
import { mannerOf } from "./manner.ts";
import { type Reach, reachCommand } from "./reach.ts";

/** Of the side channel: more, and its machine does not answer. */
const CALL_MS = 20_000;
/** How often a terminal is looked for that has not come up yet. */
const LOOKS = 40;
const PAUSE_MS = 50;
/** What the side channel ends with where there is no terminal. */
const NONE = 3;

/**
 * Words: rows, columns. Sets them on all terminals in the machine: those of /dev/pts, and those that processes hold from
 * elsewhere. Opens nothing but terminals, and waits for none.
 */
const SET_SIZES = `use strict; use Fcntl;
my ($size, %set) = pack("S4", @ARGV, 0, 0);
for my $path (</dev/pts/[0-9]*>, </proc/[0-9]*/fd/[012]>) {
  my ($mode, $device) = (stat $path)[2, 6] or next;
  next unless ($mode & 0170000) == 0020000 && ($device >> 8 & 0xfff) >= 136 && ($device >> 8 & 0xfff) <= 143;
  sysopen(my $terminal, $path, O_RDWR | O_NOCTTY | O_NONBLOCK) or next;
  $set{$device} = 1 if ioctl($terminal, 0x5414, $size);
}
exit(%set ? 0 : ${NONE});`;

function sizeOf(stty: string): readonly string[] | null {
  for (const fd of [0, 1, 2]) {
    if (!isatty(fd)) continue;
    const { stdout } = spawnSync(stty, ["size"], { stdio: [fd, "pipe", "ignore"], encoding: "latin1", env: {} });
    const size = /^(\d{1,5}) (\d{1,5})\n$/.exec(stdout ?? "");
    if (size !== null && Number(size[1]) > 0 && Number(size[2]) > 0) return size.slice(1);
  }
  return null;
}

/** Tells the size until the terminals have it; asked for meanwhile, once more. */
function teller(reach: Reach, stty: string, ended: AbortSignal): () => void {
  let telling = false;
  let again = false;
  const tell = async (): Promise<void> => {
    for (let look = 0; look < LOOKS && !ended.aborted; look += 1) {
      again = false;
      const size = sizeOf(stty);
      if (size === null) return;
      const words = ["/usr/bin/perl", "-e", SET_SIZES, "--", ...size];
      const { code } = await run(reachCommand(reach, false, words), { timeoutMs: CALL_MS, signal: ended });
      if (code === 0 && !again) return;
      if (code !== 0) await delay(PAUSE_MS, undefined, { signal: ended });
      else look = 0;
    }
  };
  return () => {
    again = true;
    if (telling) return;
    telling = true;
    // What cannot be told is no reason to end a command.
    void tell()
      .catch(() => {})
      .finally(() => {
        telling = false;
      });
  };
}

function bridge(machine: string, words: readonly string[], smolvm: Smolvm): void {
  const ended = new AbortController();
  const manner = mannerOf([0, 8, 0]);
  const reach: Reach = { smolvm, machine, manner, bringUp: bringUpOf(machineFolder(machine)) };
  const tell = teller(reach, findTool("stty") ?? "/usr/bin/stty", ended.signal);
  const { [PROGRAM_VARIABLE]: _, ...env } = process.env;
  const [program = "", ...args] = words;
  process.on("SIGWINCH", tell);
  // The terminal's keys are the command's; whoever ends this means the command.
  for (const signal of ["SIGINT", "SIGQUIT", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGUSR1", "SIGUSR2"] as const) {
    process.on(signal, () => {});
  }
  // Begun only now: it may be typed at from its first moment on.
  const child = spawn(program, args, { stdio: "inherit", env });
  for (const signal of ["SIGHUP", "SIGTERM"] as const) process.on(signal, () => void child.kill(signal));
  child.once("error", (error) => {
    ended.abort();
    process.stderr.write(`resize-bridge: ${error.message}\n`);
    process.exitCode = 127;
  });
  child.once("exit", (code, signal) => {
    ended.abort();
    process.off("SIGWINCH", tell);
    process.exitCode = exitCode(code, signal);
  });
  child.once("spawn", tell);
}

const [machine = "", dashes, ...words] = process.argv.slice(2);
const smolvm = smolvmIn(process.env);
if (machine === "" || machine.startsWith("-") || dashes !== "--" || words.length === 0) {
  process.stderr.write("usage: resize-bridge MACHINE -- ARGV...\n");
  process.exitCode = 2;
} else if (smolvm === null) {
  process.stderr.write("resize-bridge: smolvm is not installed\n");
  process.exitCode = 2;
} else bridge(machine, words, smolvm);
