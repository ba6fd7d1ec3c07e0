import { randomBytes } from "node:crypto";
import type { AgentWord } from "../core/model/activity.ts";
import type { AuditSink, SuperviseOutcome } from "../core/model/audit.ts";
import type { GateRepository } from "../core/model/git-gate.ts";
import type { Policy } from "../core/model/policy.ts";
import type { Proposal } from "../core/model/proposal.ts";
import type { Question } from "../core/model/question.ts";
import { REFUSAL_TEXTS } from "../core/policy/refusal-texts.ts";
import { judgeAccess, readWantedAccess, type WantedAccess } from "../core/supervise/access-ask.ts";
import { accessList } from "../core/supervise/access-list.ts";
import {
  type Reading,
  readAccessInput,
  readCapabilityInput,
  readNothing,
  readReviewInput,
  readStatusInput,
  readWaitInput,
} from "../core/supervise/tool-input.ts";
import { type ToolName, WAIT_MS } from "../core/supervise/tools.ts";
import { printableLines } from "../core/wire/printable.ts";
import type { Clock } from "./clock.ts";
import type { AskedItem, Entry, Ledger } from "./ledger.ts";
import { createRate } from "./rate.ts";

/** What a tool says: JSON for the agent. */
export interface ToolAnswer {
  readonly failed: boolean;
  readonly value: object;
}

export interface ToolCallsStart {
  /** In force now. */
  readonly policy: () => Policy;
  readonly repositories: readonly GateRepository[];
  /** Takes out of a text what must not be shown: values of secrets and their placeholders. */
  readonly redact: (text: string) => string;
  readonly ledger: Ledger;
  readonly audit: AuditSink;
  readonly clock: Clock;
  readonly onStatus: (word: AgentWord) => void;
}

type Arguments = Readonly<Record<string, unknown>>;
type Tool = (args: Arguments, signal: AbortSignal) => Promise<ToolAnswer>;

/** How long what an agent asks by supervise waits: its operator may be at lunch. */
const ASKED_MS = 3_600_000;
const ASKS_PER_MINUTE = 10;
const REPORTS_PER_MINUTE = 20;
/** Waits at a time: each holds a connection. */
const MOST_WAITS = 16;
/** Of nothing. */
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/**
 * The tools of supervise. What an agent gave is bounded, and searched for secrets, before anybody is shown it; an answer
 * other than the operator's own is never "approved". Attack rows 129, 132, 148.
 */
export function createToolCalls(start: ToolCallsStart): Readonly<Record<ToolName, Tool>> {
  const { ledger, clock, audit, redact } = start;
  const prefix = randomBytes(4).toString("hex");
  const asks = createRate(ASKS_PER_MINUTE, clock.now);
  const reports = createRate(REPORTS_PER_MINUTE, clock.now);
  /** What each access item is for, to tell whether its yes still holds. */
  const wanted = new Map<string, WantedAccess>();
  let count = 0;
  let waits = 0;

  const frame = () => {
    count += 1;
    const now = clock.now();
    return {
      schema: 1,
      id: `${prefix}-s${count.toString(36)}`,
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(now + ASKED_MS).toISOString(),
    } as const;
  };
  const shownWords = (words: string) => printableLines(redact(words));
  const record = (id: string, ask: AskKind, outcome: SuperviseOutcome, subject: string, words: string | null) =>
    audit.append({ type: "supervise", id, ask, outcome, subject: subject.slice(0, 1000), words });

  /** Asks under `key`, or joins what waits under it. */
  const put = async (key: string, ask: AskKind, subject: string, item: () => AskedItem): Promise<ToolAnswer> => {
    const known = ledger.find(key);
    if (known !== null) return answerOf(known.outcome === null ? await ledger.join(key) : known, "held");
    const asked = item();
    const words = wordsOf(asked);
    const entry = await ledger.open(key, asked, () => record(asked.id, ask, "asked", subject, words));
    if (entry === null) return fault("too many of your questions wait already: wait for answers (wait_decision) first");
    return answerOf(entry, "held");
  };
  const answerOf = ({ item, outcome }: Entry, grant: "held" | "ended"): ToolAnswer => {
    const { id } = item;
    if (outcome === null) {
      const asked = "kind" in item ? item.count : (item.asked?.count ?? 1);
      return said({ status: "pending", id, asked, expires: item.expiresAt, next: `wait_decision with id ${id}` });
    }
    const words = outcome.words === null ? {} : { operator: outcome.words };
    switch (outcome.verdict) {
      case "approved":
        if (grant === "ended") {
          return said({
            status: "ended",
            id,
            ...words,
            meaning: ENDED,
          });
        }
        return said({
          status: "approved",
          id,
          active: true,
          ...words,
          meaning: APPROVED["kind" in item ? "words" : "access"],
        });
      case "denied":
        return said({ status: "denied", id, ...words, meaning: "The operator said no. Work without it." });
      case "expired":
        return said({
          status: "expired",
          id,
          meaning: "Nobody answered in time. Work without it, or ask again later.",
        });
      case "closed":
        return said({
          status: "closed",
          id,
          meaning: "It is not asked any more: the bottle ends, or it could not be shown.",
        });
    }
  };

  const requestAccess = async ({ words, why }: AccessArguments): Promise<ToolAnswer> => {
    const reading = readWantedAccess(words);
    if (!reading.ok) return fault(reading.why);
    const access = reading.value;
    const { facts, authority } = access;
    const { method, scheme, path } = facts;
    const url = `${scheme}://${authority}${path}`;
    // What is shown is what is approved: a part that must be hidden cannot be.
    const query = facts.query === null ? "" : `?${facts.query}`;
    if (redact(`${url}${query}`) !== `${url}${query}`)
      return fault("url: it holds what looks like a secret; leave it out");
    const judged = judgeAccess(start.policy(), access, clock.now());
    if (judged.kind === "allowed") {
      const until = judged.until === null ? {} : { until: new Date(judged.until).toISOString() };
      return said({ status: "allowed", method, url, ...until, meaning: "It is allowed already: send the request." });
    }
    if (judged.kind === "refused") {
      const { message } = REFUSAL_TEXTS[judged.reason];
      await record(frame().id, "access", "refused", `${method} ${url}`, judged.reason);
      return said({ status: "refused", reason: judged.reason, meaning: `${message} ${NOBODY_ASKED}` });
    }
    const key = JSON.stringify(["access", method, scheme, authority, path]);
    return put(key, "access", `${method} ${url}`, () => {
      const { id, schema, createdAt, expiresAt } = frame();
      wanted.set(id, access);
      const [oldest] = wanted.keys();
      if (wanted.size > MOST_WANTED && oldest !== undefined) wanted.delete(oldest);
      return {
        ...{ schema, id, method, scheme, authority, target: path },
        ...{ bytes: 0, sha256: EMPTY_SHA256, contentType: null, excerpt: "", excerptBytes: 0 },
        ...{
          reason: judged.reason,
          findings: [],
          rule: judged.rule,
          pack: judged.pack,
          credentials: judged.credentials,
        },
        asked: { words: shownWords(why), count: 1 },
        ...{ createdAt, expiresAt },
      } satisfies Proposal;
    });
  };
  const ask = (kind: "capability" | "review", words: string): Promise<ToolAnswer> => {
    const shown = shownWords(words);
    if (shown.length > MOST_SHOWN) return Promise.resolve(fault("too long once control characters are written out"));
    return put(JSON.stringify([kind, shown]), kind, firstLine(shown), () => {
      const { id, schema, createdAt, expiresAt } = frame();
      return { schema, id, kind, words: shown, evidence: [], count: 1, createdAt, expiresAt } satisfies Question;
    });
  };
  const wait = async ({ id }: { readonly id: string }, signal: AbortSignal): Promise<ToolAnswer> => {
    if (ledger.byId(id) === null) return fault("id: nothing was asked under it, or it was long ago: ask again");
    if (waits >= MOST_WAITS) return fault(`too many calls of wait_decision at a time: at most ${MOST_WAITS}`);
    waits += 1;
    try {
      const entry = await ledger.wait(id, WAIT_MS, signal);
      if (entry === null) return fault("id: nothing was asked under it");
      return answerOf(entry, stillHolds(entry) ? "held" : "ended");
    } finally {
      waits -= 1;
    }
  };
  const stillHolds = ({ item, outcome }: Entry): boolean => {
    const access = wanted.get(item.id);
    if (outcome?.verdict !== "approved" || access === undefined) return true;
    return judgeAccess(start.policy(), access, clock.now()).kind === "allowed";
  };
  const limited = (run: () => Promise<ToolAnswer>): Promise<ToolAnswer> => {
    const left = asks.take();
    if (left === 0) return run();
    const seconds = Math.ceil(left / 1000);
    return Promise.resolve(
      fault(`at most ${ASKS_PER_MINUTE} requests to the operator a minute: try again in ${seconds} s`),
    );
  };

  return {
    list_access: tool(readNothing, async () => said(accessList(start.policy(), start.repositories, clock.now()))),
    request_access: tool(readAccessInput, (input) => limited(() => requestAccess(input))),
    request_capability: tool(readCapabilityInput, ({ what, why }) =>
      limited(() => ask("capability", `${what}\n\nwhy: ${why}`)),
    ),
    request_review: tool(readReviewInput, ({ question }) => limited(() => ask("review", question))),
    wait_decision: tool(readWaitInput, wait),
    report_status: tool(readStatusInput, async ({ state, what }) => {
      const left = reports.take();
      if (left > 0) return fault(`at most ${REPORTS_PER_MINUTE} reports a minute`);
      start.onStatus({ state, what: redact(what).slice(0, 200), at: new Date(clock.now()).toISOString() });
      return said({ status: "noted" });
    }),
  };
}

/** Characters of a question as it is shown: longer ones are not read back (`state/proposals`), and nobody would be asked. */
const MOST_SHOWN = 16_000;

type AskKind = "access" | "capability" | "review";
type AccessArguments = Extract<ReturnType<typeof readAccessInput>, { ok: true }>["value"];

const ENDED =
  "The operator said yes, and it is not allowed now: it has ended, was taken back, or was granted for something else. list_access shows what is.";
const NOBODY_ASKED = "A yes of the operator to a request cannot change that, so nobody was asked.";
const APPROVED = {
  access: "The operator said yes, and it is in force: send the request now.",
  words: "The operator said yes.",
} as const;
/** As many as the ledger remembers, and those that wait. */
const MOST_WANTED = 512;

function tool<T>(
  read: (args: Arguments) => Reading<T>,
  run: (input: T, signal: AbortSignal) => Promise<ToolAnswer>,
): Tool {
  return async (args, signal) => {
    const reading = read(args);
    return reading.ok ? run(reading.value, signal) : fault(reading.why);
  };
}

function wordsOf(item: AskedItem): string {
  return "kind" in item ? item.words : (item.asked?.words ?? "");
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function said(value: object): ToolAnswer {
  return { failed: false, value };
}

function fault(error: string): ToolAnswer {
  return { failed: true, value: { error } };
}
