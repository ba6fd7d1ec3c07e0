import type { HostFacts } from "../core/model/host-facts.ts";
import type { Layout } from "../state/layout.ts";

/** What every step of a session may use of the operator's side. */
export interface SessionContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly facts: HostFacts;
  readonly layout: Layout;
  /** One line of talk to the operator. */
  readonly say: (line: string) => void;
  /** Asks on the operator's terminal without echo; null where nobody can be asked. */
  readonly ask: ((question: string) => Promise<string>) | null;
  /** Aborted when the operator wants to stop; the reason is a signal's name. */
  readonly signal: AbortSignal;
}
