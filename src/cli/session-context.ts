import { gatherFacts } from "../host/facts.ts";
import type { SessionContext } from "../session/context.ts";
import { layoutOf } from "../state/layout.ts";
import type { Io } from "./io.ts";

/** The session's view of this process and machine. */
export function sessionContext(io: Io): SessionContext {
  const facts = gatherFacts();
  return {
    env: io.env,
    get cwd() {
      return io.cwd;
    },
    facts,
    layout: layoutOf(io.env, facts.home, facts.uid),
    say: io.say,
    ask: io.interactive ? io.ask : null,
    signal: io.signal,
  };
}
