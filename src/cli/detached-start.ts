import { DETACH_KEYS } from "../host/terminal-holder.ts";
import { detach } from "./detached.ts";
import type { Io } from "./io.ts";
import { flag, type VerbInput } from "./verb.ts";

/**
 * As `detach`, for a verb of the command line: the bottle's name on stdout, and how to come to it on stderr; with --pane
 * it is shown in a pane of the operator's tmux.
 */
export async function startDetached(verb: string, input: VerbInput, io: Io): Promise<number> {
  if (flag(input, "pane")) return startInPane(verb, input, io);
  const name = await detach(verb, input, io);
  io.out(`${name}\n`);
  const headless = input.options.prompt !== undefined;
  const next = headless
    ? `bottle logs -f ${name} shows what it prints`
    : `bottle attach ${name}; ${DETACH_KEYS} leaves it`;
  io.say(`bottle: ${name} runs: ${next}`);
  return 0;
}

async function startInPane(verb: string, input: VerbInput, io: Io): Promise<number> {
  const { paneTmux, showStarted } = await import("./pane.ts");
  // Before anything is made, and asked for.
  const tmux = await paneTmux(input, io);
  const name = await detach(verb, { ...input, options: { ...input.options, detach: true } }, io);
  io.out(`${name}\n`);
  await showStarted(tmux, name, input, io);
  return 0;
}
