import { BottleError, EXIT_OF_KIND } from "../core/model/errors.ts";
import type { Io } from "./io.ts";

/** Says an error to the person and answers the exit code of its kind. Never a stack trace, but for a bug of ours. */
export function report(error: unknown, io: Pick<Io, "say">): number {
  if (error instanceof BottleError) {
    io.say(`bottle: ${error.message}`);
    if (error.hint) io.say(`  ${error.hint}`);
    if (error.cause instanceof Error && error.code !== "INVARIANT") io.say(`  cause: ${error.cause.message}`);
    return EXIT_OF_KIND[error.kind];
  }
  io.say("bottle: this is a bug in bot-bottle; please report it with the lines below");
  io.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT_OF_KIND.bug;
}
