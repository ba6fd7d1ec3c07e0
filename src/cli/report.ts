import { BottleError, EXIT_OF_KIND } from "../core/model/errors.ts";
import type { Io } from "./io.ts";

/** Says an error to the person, with the code under which docs/errors.md has it, and answers the exit code of its kind. Never a stack trace, but for a bug of ours. */
export function report(error: unknown, io: Pick<Io, "say">): number {
  if (error instanceof BottleError) {
    const [first = "", ...rest] = error.message.split("\n");
    io.say([`bottle: ${first.replace(/:?$/, ` [${error.code}]$&`)}`, ...rest].join("\n"));
    const hint = error.hint ?? (error.code === "USAGE" ? "bottle help VERB says how a verb is used" : undefined);
    if (hint) io.say(`  ${hint}`);
    if (error.cause instanceof Error && error.code !== "INVARIANT") io.say(`  cause: ${error.cause.message}`);
    return EXIT_OF_KIND[error.kind];
  }
  io.say("bottle: this is a bug in bot-bottle; please report it with the lines below");
  io.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT_OF_KIND.bug;
}
