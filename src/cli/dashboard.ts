import { BottleError } from "../core/model/errors.ts";
import { runDashboard } from "../dashboard/dashboard.ts";
import type { Io } from "./io.ts";
import { sessionContext } from "./session-context.ts";
import { flag, type VerbRun } from "./verb.ts";

/** `bottle dashboard`: all bottles on one screen, until q. Needs a terminal that can move its cursor. */
export const dashboard: VerbRun = async (input, io) => {
  if (!io.interactive) {
    throw new BottleError("USAGE", "the dashboard needs a terminal on stdin and stdout", {
      hint: "bottle ls --watch and bottle approvals --follow print lines",
    });
  }
  const { TERM, NO_COLOR, COLORFGBG = "" } = io.env;
  if (TERM === undefined || TERM === "" || TERM === "dumb") {
    throw new BottleError("USAGE", `the dashboard cannot be drawn on this terminal (TERM is ${TERM || "not set"})`, {
      hint: "bottle ls --watch and bottle approvals --follow print lines",
    });
  }
  const theme = NO_COLOR ? "none" : /;(?:7|15)$/.test(COLORFGBG) ? "light" : null;
  return runDashboard(sessionContext(io), {
    own: { self: io.self, cwd: io.cwd, env: definite(io.env) },
    readOnly: flag(input, "readOnly"),
    theme,
    divert: io.divert,
    lend: io.jobs?.lend ?? (() => () => undefined),
    resumed: io.jobs?.resumed ?? (() => () => undefined),
  });
};

/** A copy of what is set now: what this process sets for itself is not for the commands that it runs. */
function definite(env: Io["env"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
