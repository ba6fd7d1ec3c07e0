import { BottleError } from "../core/model/errors.ts";
import { SHELL_SCRIPTS } from "./completion/shell-scripts.ts";
import { completeWords } from "./completion/words.ts";
import type { Verb, VerbRun } from "./verb.ts";

/** `bottle completion SHELL`: the script that connects a shell with `bottle __complete`. */
export const completion: VerbRun = async (input, io) => {
  const [shell = ""] = input.positionals;
  const script = Object.hasOwn(SHELL_SCRIPTS, shell) ? SHELL_SCRIPTS[shell] : undefined;
  if (script === undefined) {
    throw new BottleError("USAGE", `there is no completion for ${shell}`, {
      hint: `bottle completion takes ${Object.keys(SHELL_SCRIPTS).join(", ")}`,
    });
  }
  io.out(script);
  return 0;
};

/**
 * `bottle __complete -- INDEX WORD...`: what could stand at INDEX (0 is the command itself). The first line says whether
 * paths of this machine may stand there too (`none`, `folders`, `files`), each other one is a candidate, a tab and a
 * few words about it. What cannot be found out is not offered: a shell has no place for an error while somebody types.
 */
export const completeAmong =
  (verbs: readonly Verb[]): VerbRun =>
  async (input, io) => {
    const [index = "", ...words] = input.rest;
    const position = /^\d{1,4}$/.test(index) ? Number(index) : words.length - 1;
    const { names } = await import("./completion/names.ts");
    const { paths, candidates } = await completeWords(verbs, words, position, names(io));
    io.out(
      [paths, ...candidates.map(({ value, summary }) => `${value}\t${summary}`)].map((line) => `${line}\n`).join(""),
    );
    return 0;
  };
