import type { RequestId } from "../core/model/ids.ts";
import type { Proposal } from "../core/model/proposal.ts";
import type { Question } from "../core/model/question.ts";
import type { Clock } from "./clock.ts";

/** What an agent asked for. */
export type AskedItem = Proposal | Question;

/** Where it is shown. What is thrown by `show` means that nobody was asked. */
export interface AskDesk {
  /** Resolves when the operator can see it. */
  show(item: AskedItem): Promise<void>;
  /** Shows it with a new count, to nobody's alarm. */
  renew(item: AskedItem): Promise<void>;
  /** Nobody waits for it any more. */
  withdraw(id: RequestId): void;
}

/** How an item ended. `closed`: the bottle ended first. */
export interface Outcome {
  readonly verdict: "approved" | "denied" | "expired" | "closed";
  /** The operator's own words. */
  readonly words: string | null;
}

/** An item, and how it ended; null: it waits. */
export interface Entry {
  readonly item: AskedItem;
  readonly outcome: Outcome | null;
}

/** Answering is one operator's right at a time (attack row 148). */
export interface EntryClaim {
  readonly ok: true;
  readonly item: AskedItem;
  /** Ids of what else waits. */
  readonly others: readonly RequestId[];
  settle(outcome: Outcome): void;
  putBack(): void;
}

/** Everything that one bottle's agent asked for by supervise. */
export interface Ledger {
  /** What was asked under this key and waits, or was denied so lately that it is not asked again. */
  find(key: string): Entry | null;
  /** Asks once more for what waits under this key; resolves when the count is shown. */
  join(key: string): Promise<Entry>;
  /**
   * Shows `item` and waits for its answer from then on. `record` is called before, and what it throws means that nobody is asked. Null: too
   * many wait already.
   */
  open(key: string, item: AskedItem, record: () => Promise<void>): Promise<Entry | null>;
  byId(id: RequestId): Entry | null;
  /** Resolves when it is answered, after `ms`, or when `signal` aborts. */
  wait(id: RequestId, ms: number, signal: AbortSignal): Promise<Entry | null>;
  claim(id: RequestId): EntryClaim | { readonly ok: false; readonly problem: "unknown" | "answered" };
  /** What was denied under this id may be asked again at once. */
  forgive(id: RequestId): void;
  /** Ends all that wait. */
  close(): void;
}

export interface LedgerStart {
  readonly desk: AskDesk;
  readonly clock: Clock;
  /** The same item with a count that is one higher. */
  readonly counted: (item: AskedItem) => AskedItem;
  /** Called when an item ends without an operator. */
  readonly onExpired: (item: AskedItem) => void;
}

/** Items that wait at a time: more than anybody reads. */
const MOST_OPEN = 20;
/** How long an item that was denied is not asked about again (attack row 132). */
const REMEMBERED_MS = 10 * 60_000;
/** Items that ended and whose answer can still be heard. */
const REMEMBERED = 256;

interface Held {
  readonly key: string;
  item: AskedItem;
  outcome: Outcome | null;
  endedAt: number;
  claimed: boolean;
  /** Resolves when the operator can see it as it was last changed; rejects when nobody can. */
  shown: Promise<void>;
  readonly listeners: Set<() => void>;
  cancelTimer: () => void;
}

export function createLedger({ desk, clock, counted, onExpired }: LedgerStart): Ledger {
  const open = new Map<string, Held>();
  const byId = new Map<RequestId, Held>();
  const denied = new Map<string, Held>();

  const settle = (held: Held, outcome: Outcome): void => {
    if (held.outcome !== null) return;
    held.outcome = outcome;
    held.endedAt = clock.now();
    held.cancelTimer();
    open.delete(held.key);
    if (outcome.verdict === "denied") {
      denied.delete(held.key);
      denied.set(held.key, held);
      trim(denied);
    }
    desk.withdraw(held.item.id);
    for (const tell of [...held.listeners]) tell();
    held.listeners.clear();
  };
  const expireWhenDue = (held: Held): void => {
    const { expiresAt } = held.item;
    if (held.outcome !== null || held.claimed || expiresAt === null || clock.now() < Date.parse(expiresAt)) return;
    settle(held, { verdict: "expired", words: null });
    onExpired(held.item);
  };
  /** What was written after it ended goes, too. */
  const withdrawEnded = ({ outcome, item }: Held) => {
    if (outcome !== null) desk.withdraw(item.id);
  };
  const entryOf = ({ item, outcome }: Held): Entry => ({ item, outcome });

  return {
    find: (key) => {
      const held = open.get(key);
      if (held !== undefined) return entryOf(held);
      const no = denied.get(key);
      return no !== undefined && clock.now() < no.endedAt + REMEMBERED_MS ? entryOf(no) : null;
    },
    join: async (key) => {
      const held = open.get(key);
      if (held === undefined) throw new Error("nothing waits under this key");
      held.item = counted(held.item);
      // One after the other: of two counts the higher one stays.
      const turn = held.shown.then(() =>
        held.outcome === null ? desk.renew(held.item).catch(() => undefined) : undefined,
      );
      held.shown = turn;
      await turn;
      withdrawEnded(held);
      return entryOf(held);
    },
    open: async (key, item, record) => {
      if (open.size >= MOST_OPEN) return null;
      const shown = Promise.withResolvers<void>();
      shown.promise.catch(() => undefined);
      const held: Held = {
        key,
        item,
        outcome: null,
        endedAt: 0,
        claimed: false,
        shown: shown.promise,
        listeners: new Set(),
        cancelTimer: () => undefined,
      };
      open.set(key, held);
      byId.set(item.id, held);
      try {
        await record();
        await desk.show(held.item);
        shown.resolve();
      } catch (error) {
        shown.reject(error);
        settle(held, { verdict: "closed", words: null });
        byId.delete(item.id);
        throw error;
      }
      withdrawEnded(held);
      forget(byId);
      const { expiresAt } = item;
      if (expiresAt !== null && held.outcome === null) {
        held.cancelTimer = clock.after(Date.parse(expiresAt) - clock.now(), () => expireWhenDue(held));
      }
      return entryOf(held);
    },
    byId: (id) => {
      const held = byId.get(id);
      return held === undefined ? null : entryOf(held);
    },
    wait: (id, ms, signal) => {
      const held = byId.get(id);
      if (held === undefined) return Promise.resolve(null);
      if (held.outcome !== null || signal.aborted) return Promise.resolve(entryOf(held));
      return new Promise((resolve) => {
        const over = () => {
          cancel();
          held.listeners.delete(over);
          signal.removeEventListener("abort", over);
          resolve(entryOf(held));
        };
        const cancel = clock.after(ms, over);
        held.listeners.add(over);
        signal.addEventListener("abort", over);
      });
    },
    claim: (id) => {
      const held = byId.get(id);
      if (held === undefined) return { ok: false, problem: "unknown" };
      if (held.claimed || held.outcome !== null) return { ok: false, problem: "answered" };
      held.claimed = true;
      return {
        ok: true,
        item: held.item,
        others: [...open.values()].flatMap(({ item }) => (item.id === id ? [] : [item.id])),
        settle: (outcome) => settle(held, outcome),
        putBack: () => {
          held.claimed = false;
          // Its time may have ended while it was in an operator's hands.
          expireWhenDue(held);
        },
      };
    },
    forgive: (id) => {
      const held = byId.get(id);
      if (held !== undefined && denied.get(held.key) === held) denied.delete(held.key);
    },
    close: () => {
      for (const held of [...open.values()]) settle(held, { verdict: "closed", words: null });
    },
  };
}

function trim(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
}

/** Forgets the oldest that ended, never one that waits. */
function forget(map: Map<RequestId, Held>): void {
  if (map.size <= REMEMBERED) return;
  for (const [id, { outcome }] of map) {
    if (outcome === null) continue;
    map.delete(id);
    return;
  }
}
