import type { Command, HostCommand } from "../../core/model/command.ts";
import { shellLine, shellWord } from "../../core/wire/shell-words.ts";
import { RESET_MODES } from "../../host/terminal.ts";
import { execWords, GUEST } from "../guest.ts";
import { EXEC_VARIABLE } from "../guest-signals.ts";
import { type Engine, engineCommand } from "./engine.ts";
import { signalArguments } from "./processes.ts";
import { readEndLines, reportedWords } from "./seen-end.ts";

/** All that is needed to run a command in a running cage, from any process of the operator. */
export interface Entry {
  readonly engine: Engine;
  /** Name of the cage's container. */
  readonly container: string;
  /** Id of its image. */
  readonly image: string;
  /** Words that label containers which serve this one. */
  readonly labels: readonly string[];
  /** Where commands start that say nothing else. */
  readonly cwd: string;
  /** The connection to the engine can break while that lives on. */
  readonly distant?: boolean;
  /** Absolute paths on the host. */
  readonly tools: {
    readonly script: string;
    readonly setsid: string;
    readonly shell: string;
    readonly stty: string;
  };
}

/** Says `ENTERED`: without it a code of 125, 126 or 127 is `docker`'s own. */
export const SAY_ENTERED = `printf '\\001entered\\n' >&2; exec "$@"`;

/** The sequence that takes the client away from the command: Docker's own begins with Ctrl-P, which is an agent's. */
const DETACH_KEYS = "ctrl-^,ctrl-@,ctrl-^,ctrl-@,ctrl-^";

/**
 * When the client is told again to look at its size: it hears no change until its first call for a size is answered,
 * and nobody says when that is.
 */
const RESIZE_SECONDS = "0.2 0.3 0.5 1 2";

/** PURE: the command of which the host reads the outputs; `token` names its processes. */
export function execCommand(entry: Entry, command: Command, token: string): HostCommand {
  const before = ["exec", "--interactive", "--env", `${EXEC_VARIABLE}=${token}`, ...AS_AGENT, entry.container];
  const said = ["/bin/sh", "-c", SAY_ENTERED, "bot-bottle"];
  return engineCommand(entry.engine, [...before, ...said, ...insideWords(entry, command, false)]);
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
  const { engine, tools } = entry;
  const token = [
    "token=$(cat /proc/sys/kernel/random/uuid) || exit 125",
    // Tried again, since the command may not have begun; in vain for one that is over.
    `tell() { for try in 1 2 3 4 5 6 7 8; do ${shellLine([engine.docker, ...signalArguments(entry.container)])} "$1" "${EXEC_VARIABLE}=$token" </dev/null >/dev/null 2>&1 && return; done; }`,
  ];
  const inside = insideWords(entry, command, terminal !== false);
  const end = entry.distant ? readEndLines(engine.docker, entry.container, AGENT) : [];
  if (terminal === false) {
    const words = shellLine([...AS_AGENT, entry.container, ...inside]);
    const script = [
      ...token,
      "exec 3<&0",
      'for s in HUP INT QUIT TERM USR1 USR2; do trap "tell $s" $s; done',
      `${shellLine([tools.setsid, engine.docker, "exec", "--interactive"])} --env "${EXEC_VARIABLE}=$token" ${words} <&3 3<&- &`,
      "exec 3<&- </dev/null",
      // Each signal ends a wait; the last one gives the command's own code.
      "while wait $!; code=$?; kill -0 $! 2>/dev/null; do :; done",
      ...end,
      "exit $code",
    ].join("\n");
    return { argv: [tools.shell, "-c", script], env: engine.env };
  }
  const before = ["exec", "--interactive", "--tty", "--detach-keys", DETACH_KEYS, ...AS_AGENT];
  // Set from inside before the command runs: the engine's own size comes after it has begun, and is 0x0 until then.
  const sized = ["/bin/sh", "-c", 'stty rows "$1" cols "$2" 2>/dev/null; shift 2; exec "$@"', "bot-bottle"];
  const line = [
    // What is typed goes inside as it is. The terminal's end, which ends the client too, is passed on afterwards.
    "trap '' INT QUIT TSTP TTIN TTOU USR1 USR2",
    ...token,
    "trap 'gone=yes' HUP TERM",
    // Of the environment only these two travel in; the rest comes from /run/bottle/env.
    'set -- ${TERM:+--env "TERM=$TERM"} ${COLORTERM:+--env "COLORTERM=$COLORTERM"}',
    `size=$(${shellWord(tools.stty)} size) || size='24 80'`,
    // A command in the background would read /dev/null.
    "exec 3<&0",
    `${shellLine([engine.docker, ...before])} --env "${EXEC_VARIABLE}=$token" "$@" ${shellLine([entry.container, ...sized])} $size ${shellLine(inside)} <&3 3<&- &`,
    "client=$!",
    `(for s in ${RESIZE_SECONDS}; do sleep $s; kill -WINCH $client || exit; done) 3<&- </dev/null >/dev/null 2>&1 &`,
    "while wait $client; code=$?; kill -0 $client 2>/dev/null; do :; done",
    '[ -z "$gone" ] || tell HUP',
    `printf '${RESET_MODES.replaceAll("\u001b", "\\033")}'`,
    ...end,
    "exit $code",
  ].join("\n");
  return {
    argv: [tools.script, "-qfec", line, terminal.transcript ?? "/dev/null"],
    env: { ...engine.env, SHELL: tools.shell },
  };
}

/** As `--user` takes it. */
export const AGENT = `${GUEST.uid}:${GUEST.uid}`;
const AS_AGENT = ["--user", AGENT];

function insideWords(entry: Entry, command: Command, terminal: boolean): string[] {
  const words = execWords(command, entry.cwd, terminal);
  return entry.distant ? reportedWords(EXEC_VARIABLE, words) : words;
}
