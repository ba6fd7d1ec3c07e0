import { randomBytes } from "node:crypto";
import type { DayUse } from "../core/activity/activity-format.ts";
import type { Budget, BudgetAmount } from "../core/model/budget.ts";
import type { ModelAccess } from "../core/model/policy.ts";
import type { Question } from "../core/model/question.ts";
import { amountText } from "../core/plan/budget.ts";
import { budgetShares, type SharedLimit } from "../core/usage/budget-share.ts";
import type { QuestionClaim, QuestionHolder } from "./approvals.ts";
import type { BottleMeter } from "./bottle-meter.ts";

export interface BudgetStart {
  readonly budget: Budget;
  readonly meter: BottleMeter;
  /** What all other bottles of the definition used on this local day. */
  readonly othersToday: (day: string) => Promise<DayUse>;
  /** Puts another word in force; rejects when it is not. */
  readonly access: (models: ModelAccess) => Promise<void>;
  /** Resolves when the operator can see it. */
  readonly show: (question: Question) => Promise<void>;
  readonly withdraw: (id: string) => void;
  /** Something that the operator should hear once, in our own words. */
  readonly tell: (text: string) => void;
  /** Ends the bottle, whose budget is used up. */
  readonly stop: () => void;
}

/** What keeps one bottle within its budget, in its host process. */
export interface BottleBudget extends QuestionHolder {
  /** Looks now; resolves when what follows from it is in force. */
  look(): Promise<void>;
  close(): Promise<void>;
}

/** Others use the same day's budget, and days end. */
const LOOK_MS = 5_000;

/** Watches what the bottle uses. A fault of it holds nothing back: what it could not do it does at its next look. */
export function openBudget(start: BudgetStart): BottleBudget {
  const { budget, meter } = start;
  const told = new Set<string>();
  let access: ModelAccess = "open";
  let asked: { readonly question: Question; readonly limits: readonly SharedLimit[]; claimed: boolean } | null = null;
  const answered = new Set<string>();
  /** Of the question to which the answer was no. */
  let refused: string | null = null;
  let stopped = false;
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const mine = last.then(async () => {
      if (!closed) await work();
    });
    last = mine.catch(() => undefined);
    return mine;
  };
  const once = (key: string, text: string) => {
    if (told.has(key)) return;
    told.add(key);
    start.tell(text);
  };
  const limitsNow = async (): Promise<readonly SharedLimit[]> => {
    const { day, ...own } = meter.today();
    const others = budget.day === undefined ? { costMicros: 0, tokens: 0 } : await start.othersToday(day);
    const { bottle, day: extendedDay, dayTimes } = meter.extended;
    return budgetShares(budget, {
      usage: meter.usage,
      today: { costMicros: own.costMicros + others.costMicros, tokens: own.tokens + others.tokens },
      day,
      extended: { bottle, day: extendedDay === day ? dayTimes : 0 },
    });
  };
  const hold = async (reached: readonly SharedLimit[]) => {
    if (access === "closed") return;
    if (access === "open") {
      await start.access("held");
      access = "held";
    }
    if (asked !== null) return;
    const question = questionOf(reached, meter);
    await start.show(question);
    asked = { question, limits: reached, claimed: false };
  };
  const reopen = async () => {
    if (access === "open") return;
    await start.access("open");
    access = "open";
    if (asked !== null) start.withdraw(asked.question.id);
    asked = null;
  };
  const work = async () => {
    const limits = await limitsNow();
    for (const { key, share, words } of limits) {
      if (share >= budget.warnAt) once(`warn ${key}`, `has used ${Math.floor(share * 100)} % of ${words}`);
    }
    const { requests, unknown, unpriced } = meter.usage;
    if (requests > 0 && unknown + unpriced >= requests && requests >= BLIND) {
      once(
        "blind",
        "has a budget, and no answer of its models says what it used, or what that costs: nothing is limited",
      );
    }
    const reached = limits.filter(({ share }) => share >= 1);
    if (reached.length === 0) return reopen();
    const names = reached.map(({ words }) => words).join(", and ");
    if (budget.atLimit === "stop") {
      if (stopped) return;
      stopped = true;
      start.tell(`is ended: ${names} ${reached.length > 1 ? "are" : "is"} used up`);
      start.stop();
      return;
    }
    await hold(reached);
  };
  const look = () => inTurn(work);
  const faulty = () => undefined;
  meter.onUsage(() => void look().catch(faulty));
  const timer = setInterval(() => void look().catch(faulty), LOOK_MS);
  timer.unref();

  const extend = async (limits: readonly SharedLimit[]) => {
    const { bottle, day, dayTimes } = meter.extended;
    const today = meter.today().day;
    const forBottle = limits.some(({ of }) => of === "bottle") ? 1 : 0;
    const forDay = limits.some(({ of }) => of === "day") ? 1 : 0;
    const before = day === today ? dayTimes : 0;
    await meter.extend({ bottle: bottle + forBottle, day: today, dayTimes: before + forDay });
  };
  return {
    look,
    claim: (id) => {
      const present = asked;
      if (present === null || present.question.id !== id) {
        return { ok: false, problem: answered.has(id) ? "answered" : "unknown" };
      }
      if (present.claimed) return { ok: false, problem: "answered" };
      present.claimed = true;
      const settle: QuestionClaim["settle"] = (verdict) => {
        return inTurn(async () => {
          if (asked !== present) return;
          if (verdict === "yes") await extend(present.limits);
          else await start.access("closed");
          answered.add(id);
          start.withdraw(id);
          asked = null;
          if (verdict === "no") {
            access = "closed";
            refused = id;
          }
          // Much may have been used meanwhile by what was under way: it is asked again where as much again is too little.
          else await work();
        }).catch((error: unknown) => {
          present.claimed = false;
          throw error;
        });
      };
      return {
        ok: true,
        question: present.question,
        settle,
        putBack: () => {
          present.claimed = false;
        },
      };
    },
    forgive: async (id) => {
      let forgiven = false;
      await inTurn(async () => {
        if (refused !== id || access !== "closed") return;
        await start.access("held");
        access = "held";
        refused = null;
        forgiven = true;
        await work();
      });
      return forgiven;
    },
    close: async () => {
      closed = true;
      clearInterval(timer);
      await last;
    },
  };
}

/** So many answers without a price, one after the other from the beginning, are no accident. */
const BLIND = 3;

function questionOf(reached: readonly SharedLimit[], { usage }: BottleMeter): Question {
  const { requests, unknown, unpriced } = usage;
  const more = reached.map(({ amount, of }) => `${amountText(amount as BudgetAmount)}${of === "day" ? " today" : ""}`);
  const missing = [
    ...(unknown === 0 ? [] : [`${unknown} answers did not say what they used`]),
    ...(unpriced === 0 ? [] : [`${unpriced} answers are of models without a known price`]),
  ];
  return {
    schema: 1,
    id: `${randomBytes(4).toString("hex")}-budget`,
    kind: "budget",
    words: `Its budget is used up. May it go on with another ${more.join(" and ")}?`,
    evidence: [
      ...reached.map(({ words, used }) => `used ${amountText(used)} of ${words}`),
      `${requests} answers of models so far`,
      ...missing,
      "requests to models wait meanwhile; everything else goes on",
    ],
    count: 1,
    createdAt: new Date().toISOString(),
    expiresAt: null,
  };
}
