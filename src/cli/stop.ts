import { BottleError } from "../core/model/errors.ts";
import { stopBottle } from "../session/stop.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { text, type VerbRun } from "./verb.ts";

/** `bottle stop`: all named bottles at once; one that fails does not keep the others. */
export const stop: VerbRun = async (input, io) => {
  const seconds = Number(text(input, "grace") ?? "5");
  if (!Number.isFinite(seconds) || seconds < 0 || seconds > 600) {
    throw new BottleError("USAGE", "--grace takes seconds from 0 to 600");
  }
  const context = sessionContext(io);
  const codes = await Promise.all(
    input.positionals.map((name) =>
      stopBottle(name, seconds * 1000, context).then(
        () => {
          io.out(`${name}\n`);
          return 0;
        },
        (error: unknown) => report(error, io),
      ),
    ),
  );
  return Math.max(...codes);
};
