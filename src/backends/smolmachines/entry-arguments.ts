import { extname, join } from "node:path";
import type { Command, HostCommand } from "../../core/model/command.ts";
import { shellLine, shellWord } from "../../core/wire/shell-words.ts";
import { RESET_MODES } from "../../host/terminal.ts";
import { GUEST, execWords as guestWords } from "../guest.ts";
import { EXEC_VARIABLE, SIGNAL_EXEC } from "../guest-signals.ts";
import { PROGRAM_VARIABLE } from "./command-line.ts";
import { entranceWords } from "./entrance.ts";
import { readingWords } from "./input-files.ts";
import type { Manner } from "./manner.ts";
import { type Places, placeLines } from "./places.ts";
import { type Reach, reachCommand, reachWords } from "./reach.ts";

/** All that is needed to run a command in a running machine, from any process of the operator. */
export interface Entry extends Reach {
  /** Host folder of files that commands read in place of a pipe; null: pipes carry any length. */
  readonly inputs: string | null;
  /** For which commands wait; null: they cannot. */
  readonly places: Places | null;
  /** Where commands start that say nothing else. */
  readonly cwd: string;
  /** Absolute paths on the host. */
  readonly tools: {
    readonly script: string;
    readonly setsid: string;
    readonly shell: string;
    readonly stty: string;
    readonly timeout: string;
  };
}

/** The program that tells terminals inside their size, beside this file: compiled or not. */
const BRIDGE = join(import.meta.dirname, `resize-bridge${extname(import.meta.filename)}`);

/** How long a signal may take on its way inside: a machine that serves nobody more would hold up whoever gives up waiting for it. */
const TELL_SECONDS = 10;

/** When the client is told again to look at its size: it may not have listened yet. */
const RESIZE_SECONDS = "0.2 0.3 0.5 1 2";

/** Words: rows, columns, command. What is neither of the sizes that a new terminal has came from the client, and is newer. */
const SIZED = 'case $(stty size 2>/dev/null) in "24 80"|"0 0") stty rows "$1" cols "$2";; esac; shift 2; exec "$@"';

/**
 * PURE: the command of which the host reads the outputs; `token` names its processes. `input`: it reads our stdin, or the
 * file of that name among `entry.inputs`.
 */
export function execCommand(entry: Entry, command: Command, token: string, input: boolean): HostCommand {
  const words = entranceWords("asked", token, guestWords(command, entry.cwd, false));
  const piped = input && entry.inputs === null;
  const whole = input && !piped ? [...readingWords(token), ...words] : words;
  const { argv, env } = reachCommand(entry, piped, whole);
  if (entry.places === null) return { argv, env };
  const script = [...placeLines(entry.places, false), 'exec "$@"'].join("\n");
  return { argv: [entry.tools.shell, "-c", script, "bot-bottle", ...argv], env };
}

/**
 * PURE: words that signal an exec, as the machine's root; the signal's name and the variable follow. Root of few rights sees
 * into a process of the agent's with the agent's effective id, by which the agent cannot signal it.
 */
export function signalWords({ rights }: Manner): string[] {
  const seeing = rights === "few" ? `$) = "${GUEST.uid} ${GUEST.uid}"; $> = ${GUEST.uid};` : "";
  return ["/usr/bin/perl", "-e", `${seeing}${SIGNAL_EXEC}`, "--"];
}

/**
 * PURE: the host command that runs `command` as the agent. A client that ends does not end what it started, so a shell
 * stays with it: signals go to the command inside, found by a token that is new each time, and never to the client.
 * With a terminal all of that runs under util-linux `script`, so that the client holds a private one (attack row 138).
 */
export function entryCommand(
  entry: Entry,
  command: Command,
  terminal: false | { readonly transcript: string | null },
): HostCommand {
  const { tools } = entry;
  const { env } = entry.smolvm;
  const bounded = [tools.timeout, "-s", "KILL", String(TELL_SECONDS)];
  const token = [
    "token=$(cat /proc/sys/kernel/random/uuid) || exit 125",
    // Tried again, since the command may not have begun; in vain for one that is over.
    // Where nobody answers the client goes: it waits in vain itself.
    `tell() { for try in 1 2 3 4 5 6 7 8; do ${shellLine([...bounded, ...reachWords(entry, "output"), ...signalWords(entry.manner)])} "$1" "${EXEC_VARIABLE}=$token" </dev/null >/dev/null 2>&1 && return; [ $? = 137 ] && kill -KILL "$2" && return; done; }`,
  ];
  const inside = shellLine(guestWords(command, entry.cwd, terminal !== false));
  if (terminal === false) {
    const enter = `${shellLine(entranceWords("framed", "", []).slice(0, -1))} "$token" ${inside}`;
    const script = [
      // First, as who waits is to be ended by any signal.
      ...placeLines(entry.places, true),
      ...token,
      "exec 3<&0",
      'for s in HUP INT QUIT TERM USR1 USR2; do trap "tell $s -\\$!" $s; done',
      `${shellLine([tools.setsid, ...reachWords(entry, "input")])} ${enter} <&3 3<&- &`,
      "exec 3<&- </dev/null",
      // Each signal ends a wait; the last one gives the command's own code.
      "while wait $!; code=$?; kill -0 $! 2>/dev/null; do :; done",
      "exit $code",
    ].join("\n");
    return { argv: [tools.shell, "-c", script], env };
  }
  // Set from inside before the command runs: the client's own size comes after it has begun, and is 80x24 until then.
  const sized = shellLine(["/bin/sh", "-c", SIZED, "bot-bottle"]);
  const enter = shellLine(entranceWords("terminal", "", []).slice(0, -1));
  const line = [
    ...placeLines(entry.places, true),
    // What is typed goes inside as it is. The terminal's end, which ends the client too, is passed on afterwards.
    "trap '' INT QUIT TSTP TTIN TTOU USR1 USR2",
    ...token,
    "trap 'gone=yes' HUP TERM",
    `size=$(${shellWord(tools.stty)} size) || size='24 80'`,
    // A command in the background would read /dev/null.
    "exec 3<&0",
    `${bridged(entry, reachWords(entry, "terminal"))} ${sized} $size ${enter} "$token" ${inside} <&3 3<&- &`,
    "client=$!",
    entry.manner.sizes === "bridge"
      ? ":"
      : `(for s in ${RESIZE_SECONDS}; do sleep $s; kill -WINCH $client || exit; done) 3<&- 8>&- </dev/null >/dev/null 2>&1 &`,
    // The client itself may not notice that its terminal is gone.
    'while wait $client; code=$?; [ -z "$gone" ] && kill -0 $client 2>/dev/null; do :; done',
    '[ -z "$gone" ] || tell HUP $client',
    `printf '${RESET_MODES.replaceAll("\u001b", "\\033")}'`,
    "exit $code",
  ].join("\n");
  return {
    argv: [tools.script, "-qfec", line, terminal.transcript ?? "/dev/null"],
    env: { ...env, SHELL: tools.shell },
  };
}

/** PURE: shell text of a client on a terminal, under the bridge where the release needs one. */
function bridged({ manner, smolvm, machine }: Entry, words: readonly string[]): string {
  if (manner.sizes === "client") return shellLine(words);
  // Node forgets which signals it was to ignore.
  const deaf = ["/bin/sh", "-c", "trap '' INT QUIT TSTP TTIN TTOU USR1 USR2; exec \"$@\"", "bot-bottle"];
  const node = [process.execPath, "--disable-sigusr1", "--no-warnings", BRIDGE, machine, "--"];
  return `${PROGRAM_VARIABLE}=${shellLine([smolvm.program])} ${shellLine([...node, ...deaf, ...words])}`;
}
