import { BottleError } from "../core/model/errors.ts";
import type { AnswerScope, GrantId } from "../core/model/grant.ts";
import type { RequestId } from "../core/model/ids.ts";
import { printable } from "../core/wire/printable.ts";

/** What an operator decided in this run of a bottle. */
export interface Decided {
  readonly id: RequestId;
  readonly verdict: "allow" | "deny";
  /** null for a no. */
  readonly scope: AnswerScope | null;
  readonly grant: GrantId | null;
  /** Who, and with what: `ann (cli)`. */
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  /** What it was about, an agent's words. */
  readonly title: string;
  /** How many that waited it let go, or refused. */
  readonly settled: number;
  readonly kind: "request" | "push" | "question";
  readonly undone: boolean;
}

/** The last decisions of one bottle; of two operators the second is told of the first (attack row 148). */
export interface Decisions {
  list(): readonly Decided[];
  find(id: RequestId): Decided | null;
  /** Somebody answers `id` now. */
  begin(id: RequestId, by: string): void;
  end(id: RequestId): void;
  add(decided: Decided): void;
  undone(id: RequestId): void;
  /** The error for who came second. */
  settled(id: RequestId): BottleError;
}

const MOST = 64;

export function createDecisions(): Decisions {
  let list: readonly Decided[] = [];
  const answering = new Map<RequestId, string>();
  const find = (id: RequestId) => list.findLast((decided) => decided.id === id) ?? null;
  return {
    list: () => list,
    find,
    begin: (id, by) => void answering.set(id, by),
    end: (id) => void answering.delete(id),
    add: (decided) => {
      list = [...list, decided].slice(-MOST);
    },
    undone: (id) => {
      list = list.map((decided) => (decided.id === id ? { ...decided, undone: true } : decided));
    },
    settled: (id) => {
      const by = answering.get(id);
      if (by !== undefined) {
        return new BottleError("APPROVAL_SETTLED", `${id} is being answered by ${by} right now`, { hint: HINT });
      }
      const decided = find(id);
      const what = decided === null ? `${id} was settled before this answer came` : sentence(decided);
      return new BottleError("APPROVAL_SETTLED", what, { hint: HINT });
    },
  };
}

const HINT = "bottle audit NAME tells how; bottle undo takes a decision back";

/** Who decided what, and when. */
export function sentence({ id, verdict, scope, by, at, undone }: Decided): string {
  const what = verdict === "deny" ? "denied" : `allowed (${scope ?? "once"})`;
  return printable(`${id} was ${what} by ${by} at ${at}${undone ? ", and that was undone" : ""}`);
}
