import type { Proposal } from "../core/model/proposal.ts";
import type { PushQuestion } from "./push-question.ts";

/** Where pushes that wait are shown. What is thrown is a no. */
export interface PushDesk {
  /** Resolves when the operator can see it. */
  show(proposal: Proposal): Promise<void>;
  /** Nobody waits for it any more. */
  withdraw(id: string): void;
}

/** The right to answer, which one operator has at a time. */
export interface PushClaim {
  readonly ok: true;
  readonly proposal: Proposal;
  /** A grant would be for this path; no push has one. */
  readonly path: string;
  readonly waiting: number;
  readonly others: readonly string[];
  settle(answer: "once" | "granted" | "ask-denied"): number;
  putBack(): void;
}

export type PushClaimReading = PushClaim | { readonly ok: false; readonly problem: "unknown" | "answered" };

/** Pushes of one bottle that wait for the operator. */
export interface HeldPushes {
  /** Waits for an answer; `gone` resolves when the push ended otherwise. */
  ask(question: PushQuestion, askMs: number, gone: Promise<unknown>): Promise<"yes" | "no" | "late">;
  claim(id: string): PushClaimReading;
  /** A no to all that wait. */
  close(): void;
}

/** At a time: more than anybody reads. */
const MOST = 8;

interface Held {
  readonly proposal: Proposal;
  readonly answer: (answer: "yes" | "no" | "late") => void;
  claimed: boolean;
}

export function createHeldPushes(desk: PushDesk | null): HeldPushes {
  const waiting = new Map<string, Held>();
  const answered = new Set<string>();

  const ask: HeldPushes["ask"] = async (question, askMs, gone) => {
    if (desk === null || waiting.size >= MOST) return "no";
    const now = Date.now();
    const createdAt = new Date(now).toISOString();
    const proposal: Proposal = { ...question, createdAt, expiresAt: new Date(now + askMs).toISOString() };
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<"yes" | "no" | "late">((resolve) => {
        const held: Held = { proposal, answer: resolve, claimed: false };
        waiting.set(proposal.id, held);
        timer = setTimeout(() => resolve("late"), askMs);
        void gone.then(() => resolve("late"));
        desk.show(proposal).catch(() => resolve("no"));
      });
    } finally {
      clearTimeout(timer);
      waiting.delete(proposal.id);
      answered.add(proposal.id);
      desk.withdraw(proposal.id);
    }
  };

  return {
    ask,
    claim: (id) => {
      const held = waiting.get(id);
      if (held === undefined || held.claimed)
        return { ok: false, problem: answered.has(id) || held ? "answered" : "unknown" };
      held.claimed = true;
      const { proposal } = held;
      return {
        ok: true,
        proposal,
        path: proposal.target,
        waiting: 1,
        others: [...waiting.keys()].filter((other) => other !== id),
        settle: (answer) => {
          held.answer(answer === "ask-denied" ? "no" : "yes");
          return 1;
        },
        putBack: () => {
          held.claimed = false;
        },
      };
    },
    close: () => {
      for (const { answer } of waiting.values()) answer("no");
    },
  };
}
