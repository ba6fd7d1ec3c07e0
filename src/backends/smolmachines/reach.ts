import type { HostCommand } from "../../core/model/command.ts";
import { shellLine } from "../../core/wire/shell-words.ts";
import { type BringUp, broughtUp } from "./bring-up.ts";
import type { Smolvm } from "./command-line.ts";
import { execWords } from "./machine-words.ts";
import type { Manner } from "./manner.ts";

/** A machine, and all that is needed to begin a command in it, from any process of the operator. */
export interface Reach {
  readonly smolvm: Smolvm;
  readonly machine: string;
  /** As it was when the machine was made. */
  readonly manner: Manner;
  /** Null: any number of commands may come up at once. */
  readonly bringUp: BringUp | null;
}

/** Of the environment only these two travel in; the rest comes from /run/bottle/env. */
const TERMINAL_OPTIONS = `-i -t \${TERM:+-e "TERM=$TERM"} \${COLORTERM:+-e "COLORTERM=$COLORTERM"}`;

/**
 * PURE: words on the host before those of a command, which the machine's root runs. `input`: it reads our stdin, else
 * stdin is to be empty; `terminal`: stdin is its terminal, of which TERM and COLORTERM go along.
 */
export function reachWords(
  { smolvm, machine, manner, bringUp }: Reach,
  how: "input" | "output" | "terminal",
): string[] {
  const interactive = how === "input" || manner.joins === "interactive";
  const plain = [smolvm.program, ...execWords(machine, interactive, [])];
  if (bringUp === null && how !== "terminal") return plain;
  const terminal = `${shellLine([smolvm.program, "machine", "exec", "--name", machine])} ${TERMINAL_OPTIONS} --`;
  const client = how === "terminal" ? terminal : shellLine(plain);
  const script = bringUp === null ? `exec ${client} "$@"` : broughtUp(bringUp, client, '"$@"');
  return [bringUp?.shell ?? "/bin/sh", "-c", script, "bot-bottle"];
}

/** PURE: the host command that runs `words` in the machine, as its root. `input`: it reads our stdin. */
export function reachCommand(reach: Reach, input: boolean, words: readonly string[]): HostCommand {
  return { argv: [...reachWords(reach, input ? "input" : "output"), ...words], env: reach.smolvm.env };
}
