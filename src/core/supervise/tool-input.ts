import type { AgentState } from "../model/activity.ts";
import { isRequestId } from "../policy/proposal-format.ts";

/** A value, or in words for the agent what is wrong with what it gave. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** The words of `request_access`: a whole URL, or its parts. */
export interface AccessWords {
  readonly url: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly scheme: string | null;
  readonly path: string | null;
  readonly method: string | null;
}

/** Longest words of an agent, in UTF-16 units: what an operator reads. */
export const WORDS_LENGTH = 2000;
/** Longest URL that is read at all. */
const URL_LENGTH = 4096;
const STATUS_LENGTH = 200;

/** What `report_status` may say, and how it is shown. */
export const STATES: Readonly<Record<string, AgentState>> = {
  working: "working",
  blocked: "needs-you",
  done: "done",
  failed: "failed",
};

type Arguments = Readonly<Record<string, unknown>>;

/** A fault is thrown and caught in this file alone: no reader has to thread it through. */
class Wrong extends Error {}

export interface AccessInput {
  readonly words: AccessWords;
  readonly why: string;
}

/** Arguments of `request_access`. */
export const readAccessInput = reader(["url", "host", "port", "scheme", "path", "method", "why"], (args) => {
  const { port = null } = args;
  if (port !== null && !(Number.isSafeInteger(port) && Number(port) > 0 && Number(port) <= 65_535)) {
    throw new Wrong("port: a number from 1 to 65535");
  }
  const scheme = shortText(args, "scheme", 8);
  if (scheme !== null && scheme !== "https" && scheme !== "http") throw new Wrong("scheme: https or http");
  const words: AccessWords = {
    url: shortText(args, "url", URL_LENGTH),
    host: shortText(args, "host", 253),
    port: port === null ? null : Number(port),
    scheme,
    path: shortText(args, "path", URL_LENGTH),
    method: shortText(args, "method", 16),
  };
  return { words, why: agentWords(args, "why") } satisfies AccessInput;
});

/** Arguments of `request_capability`. */
export const readCapabilityInput = reader(["what", "why"], (args) => ({
  what: agentWords(args, "what"),
  why: agentWords(args, "why"),
}));

/** Arguments of `request_review`. */
export const readReviewInput = reader(["question"], (args) => ({ question: agentWords(args, "question", 8000) }));

/** Arguments of `wait_decision`. */
export const readWaitInput = reader(["id"], ({ id }) => {
  if (!isRequestId(id)) throw new Wrong("id: as a request_ tool gave it");
  return { id };
});

/** Arguments of `report_status`. */
export const readStatusInput = reader(["state", "what"], (args) => {
  const state = typeof args.state === "string" && Object.hasOwn(STATES, args.state) ? STATES[args.state] : undefined;
  if (state === undefined) throw new Wrong(`state: one of ${Object.keys(STATES).join(", ")}`);
  return { state, what: shortText(args, "what", STATUS_LENGTH) ?? "" };
});

/** Arguments of a tool that takes none. */
export const readNothing = reader([], () => ({}));

/** Reads exactly these arguments: one that is not known could have meant something. */
function reader<T>(known: readonly string[], read: (args: Arguments) => T): (args: Arguments) => Reading<T> {
  return (args) => {
    const strange = Object.keys(args).find((key) => !known.includes(key));
    if (strange !== undefined) {
      const all = known.length === 0 ? "there are none" : `there are ${known.join(", ")}`;
      return { ok: false, why: `an argument that is not known; ${all}` };
    }
    try {
      return { ok: true, value: read(args) };
    } catch (error) {
      if (error instanceof Wrong) return { ok: false, why: error.message };
      throw error;
    }
  };
}

function shortText(args: Arguments, key: string, longest: number): string | null {
  const value = args[key] ?? null;
  if (value === null) return null;
  if (typeof value !== "string" || value.length > longest)
    throw new Wrong(`${key}: text of at most ${longest} characters`);
  return value;
}

/** Words that the operator is to read: some, and not too many. */
function agentWords(args: Arguments, key: string, longest = WORDS_LENGTH): string {
  const value = shortText(args, key, longest);
  if (value === null || value.trim() === "") throw new Wrong(`${key}: text of 1 to ${longest} characters is needed`);
  return value;
}
