import type { ReasonCode } from "../core/model/decision.ts";
import type { RequestId } from "../core/model/ids.ts";
import type { Proposal } from "../core/model/proposal.ts";
import type { GatewayLimits } from "./limits.ts";

/** Why a request that needs a yes is denied. */
export type No = Extract<ReasonCode, `ask-${string}`> | "closing";
/** What became of a request that was held. `granted`: the policy allows it by now. */
export type Answer = "once" | "granted" | No;

/** Where requests that wait are shown. What is thrown denies the request. */
export interface ProposalDesk {
  /** Resolves when the operator can see it. */
  show(proposal: Proposal): Promise<void>;
  /** Nobody waits for it any more. */
  withdraw(id: RequestId): void;
}

/** A request that waits, with what a yes is bound to. */
export interface HeldView {
  readonly proposal: Proposal;
  /** Raw. */
  readonly path: string;
  /** How many identical requests wait. */
  readonly waiting: number;
}

/** The right to answer, which one operator has at a time (attack row 148). */
export interface Claim extends HeldView {
  readonly ok: true;
  /** Ids of other requests that wait and that this answer does not release. */
  readonly others: readonly RequestId[];
  /** Answers all that wait for it; how many these were. */
  settle(answer: "once" | "granted" | "ask-denied"): number;
  /** It could not be answered after all: it waits on. */
  putBack(): void;
}

export type ClaimReading = Claim | { readonly ok: false; readonly problem: "unknown" | "answered" };

/** Requests of one gateway that wait for the operator. */
export interface HeldRequests {
  /** False: there is no operator to ask. */
  readonly reachable: boolean;
  /** Takes a place for a request that will wait; null when there is none. The place must be left. */
  enter(): { leave(): void } | null;
  /**
   * Says whether a request may be asked about, before a line is written about it, and counts it: null, or the answer
   * that it has already. `with` is the request that asks the same and waits.
   */
  admit(key: string): { readonly answer: No | null; readonly with: RequestId | null };
  /**
   * Waits for an answer to `proposal`, after `admit`. A repeat joins the one that waits when `key` is the same; other requests never
   * do (attack row 144). `gone` aborts when the client left.
   */
  wait(
    asked: { readonly key: string; readonly path: string; readonly proposal: Proposal },
    gone: AbortSignal,
  ): Promise<Answer>;
  list(): readonly HeldView[];
  claim(id: RequestId): ClaimReading;
  /** Forgets the no to this request, so that it may be asked about again; false: there is none to forget. */
  forgive(id: RequestId): boolean;
  /** Denies all that wait. */
  close(): void;
}

/** How long an identical request is not asked about again after a no: asking until somebody is tired must not help (attack row 132). */
const REMEMBERED_MS = 10 * 60_000;
const REMEMBERED = 256;

interface Held {
  readonly proposal: Proposal;
  readonly path: string;
  readonly waiters: Set<(answer: Answer) => void>;
  timer: NodeJS.Timeout | undefined;
  claimed: boolean;
}

/** `desk` null: there is no operator to ask, and everything is denied at once. */
export function createHeldRequests(
  limits: Pick<GatewayLimits, "askedRequests" | "askedPerMinute">,
  desk: ProposalDesk | null,
  now: () => number,
): HeldRequests {
  const open = new Map<string, Held>();
  const answered = new Set<RequestId>();
  const refused = new Map<string, { readonly until: number; readonly id: RequestId }>();
  let places = 0;
  let closed = false;
  let minute = 0;
  let questions = 0;

  const settle = (key: string, held: Held, answer: Answer): number => {
    if (open.get(key) !== held) return 0;
    open.delete(key);
    clearTimeout(held.timer);
    remember(answered, held.proposal.id);
    if (answer === "ask-denied") {
      refused.delete(key);
      refused.set(key, { until: now() + REMEMBERED_MS, id: held.proposal.id });
      trim(refused);
    }
    desk?.withdraw(held.proposal.id);
    const waiters = [...held.waiters];
    held.waiters.clear();
    for (const tell of waiters) tell(answer);
    return waiters.length;
  };
  const mayAsk = (): boolean => {
    const present = Math.floor(now() / 60_000);
    if (present !== minute) questions = 0;
    minute = present;
    questions += 1;
    return questions <= limits.askedPerMinute;
  };
  const view = ({ proposal, path, waiters }: Held): HeldView => ({ proposal, path, waiting: waiters.size });

  return {
    reachable: desk !== null,
    enter: () => {
      if (closed || places >= limits.askedRequests) return null;
      places += 1;
      let left = false;
      return {
        leave: () => {
          if (!left) places -= 1;
          left = true;
        },
      };
    },
    admit: (key) => {
      const answer = (): No | null => {
        if (closed) return "closing";
        if (desk === null) return "ask-timeout";
        if ((refused.get(key)?.until ?? 0) > now()) return "ask-denied";
        return mayAsk() ? null : "ask-limit";
      };
      return { answer: answer(), with: open.get(key)?.proposal.id ?? null };
    },
    wait: ({ key, path, proposal }, gone) => {
      if (closed || desk === null) return Promise.resolve("closing");
      if (gone.aborted) return Promise.resolve("ask-abandoned");
      const found = open.get(key);
      const held: Held = found ?? { proposal, path, waiters: new Set(), timer: undefined, claimed: false };
      const answer = new Promise<Answer>((resolve) => {
        held.waiters.add(resolve);
        const leave = () => {
          if (!held.waiters.delete(resolve)) return;
          // One that is being answered is withdrawn by its answer.
          if (held.waiters.size === 0 && !held.claimed) settle(key, held, "ask-abandoned");
          resolve("ask-abandoned");
        };
        gone.addEventListener("abort", leave, { once: true });
      });
      if (found !== undefined) return answer;
      open.set(key, held);
      const expire = () => {
        if (!held.claimed) settle(key, held, "ask-timeout");
      };
      held.timer = setTimeout(expire, Math.max(1, Date.parse(proposal.expiresAt) - now()));
      return desk.show(proposal).then(
        () => {
          // It was settled while it was being written: what was written after that goes, too.
          if (open.get(key) !== held) desk.withdraw(proposal.id);
          return answer;
        },
        () => {
          settle(key, held, "ask-limit");
          return answer;
        },
      );
    },
    list: () => [...open.values()].map(view),
    claim: (id) => {
      const entry = [...open].find(([, { proposal }]) => proposal.id === id);
      if (entry === undefined) return { ok: false, problem: answered.has(id) ? "answered" : "unknown" };
      const [key, held] = entry;
      if (held.claimed) return { ok: false, problem: "answered" };
      held.claimed = true;
      return {
        ok: true,
        ...view(held),
        others: [...open.values()].filter((it) => it !== held).map(({ proposal }) => proposal.id),
        settle: (answer) => settle(key, held, answer),
        putBack: () => {
          held.claimed = false;
          if (held.waiters.size === 0) settle(key, held, "ask-abandoned");
          else if (Date.parse(held.proposal.expiresAt) <= now()) settle(key, held, "ask-timeout");
        },
      };
    },
    forgive: (id) => {
      const entry = [...refused].find(([, no]) => no.id === id);
      return entry !== undefined && refused.delete(entry[0]);
    },
    close: () => {
      closed = true;
      for (const [key, held] of [...open]) settle(key, held, "closing");
    },
  };
}

function remember(ids: Set<RequestId>, id: RequestId): void {
  ids.add(id);
  const [oldest] = ids;
  if (ids.size > REMEMBERED && oldest !== undefined) ids.delete(oldest);
}

function trim(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
}
