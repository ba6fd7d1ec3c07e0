import { PUSH_METHOD } from "../gitgate/push-method.ts";
import type { Incident } from "../model/incident.ts";
import type { Policy } from "../model/policy.ts";
import type { Proposal } from "../model/proposal.ts";
import type { Question } from "../model/question.ts";
import { packHint } from "../policy/pack-hints.ts";
import { flagsOf } from "./flags.ts";
import type { Item, ItemAnswer } from "./item.ts";
import { addsOf, type Reach, reachOf } from "./reach.ts";
import { reviewed } from "./review.ts";

/** What of a policy an item rests on. */
export type KnownRules = Pick<Policy, "rules" | "grants">;

/** What waits, as it is shown under a policy. `reach`: as the operator changed the rule; null: as it was asked. Pure. */
export function itemOf(
  bottle: string,
  source: Proposal | Question,
  policy: KnownRules,
  reach: Reach | null = null,
): Item {
  return "method" in source ? itemOfProposal(bottle, source, policy, reach) : itemOfQuestion(bottle, source);
}

function itemOfProposal(bottle: string, proposal: Proposal, policy: KnownRules, changed: Reach | null): Item {
  const { id, method, scheme, authority, target, asked, createdAt, expiresAt } = proposal;
  const push = method === PUSH_METHOD;
  const reach = changed ?? reachOf(proposal);
  const answers = answersTo(proposal);
  const findings = proposal.reason === "token-in-request" ? proposal.findings.length : 0;
  return reviewed({
    bottle,
    id,
    kind: push ? "push" : asked === undefined ? "request" : "access",
    need: "answer",
    title: `${method} ${scheme}://${authority}${target}`,
    seen: seenOf(proposal),
    words: asked?.words ?? null,
    adds: answers.includes("for") ? addsOf(reach) : [],
    flags: flagsOf(reach, policy, { firstUse: proposal.evidence?.firstUse ?? [], findings, push }),
    answers,
    count: asked?.count ?? 1,
    createdAt,
    expiresAt,
    command: null,
    request: proposal,
  });
}

function answersTo({ method, reason, asked }: Proposal): readonly ItemAnswer[] {
  // A yes to a push, or to what looks like a secret, is for this one alone.
  if (method === PUSH_METHOD || reason === "token-in-request") return ["once", "deny"];
  const lasting: readonly ItemAnswer[] = reason === "ask-required" ? ["for", "bottle"] : ["for", "bottle", "persist"];
  return [...(asked === undefined ? (["once"] as const) : []), ...lasting, "deny"];
}

const WHY: Readonly<Partial<Record<Proposal["reason"], string>>> = {
  "host-not-listed": "no rule lists this host",
  "port-not-listed": "no rule lists this port of the host",
  "method-not-listed": "no rule lists this method here",
  "path-not-listed": "no rule lists this path of the host",
  "query-not-listed": "no rule lists this query",
  "token-in-request": "a rule allows it, but not what looks like a secret in it, which is not shown",
};

function seenOf(proposal: Proposal): readonly string[] {
  const { method, reason, rule, pack, credentials, findings, bytes, sha256, contentType, evidence, asked } = proposal;
  const asks = method === PUSH_METHOD ? "it changes what runs elsewhere" : `rule ${rule ?? "?"} asks each time`;
  const body = bytes === 0 ? "no body" : `body: ${bytes} bytes, ${contentType ?? "no content type"}, sha256 ${sha256}`;
  const { denied = 0, since = null } = evidence ?? {};
  return [
    reason === "ask-required" ? asks : (WHY[reason] ?? reason),
    ...(asked === undefined ? [body] : []),
    ...findings.map((line) => `found: ${line}`),
    ...(denied === 0
      ? []
      : [`${denied} ${denied === 1 ? "denial" : "denials"} of this host since ${since ?? "the start"}`]),
    ...credentials.map((name) => `adds the credential ${name}`),
    ...(pack === null ? [] : [packHint(pack)]),
  ];
}

const ASKS: Readonly<Record<Question["kind"], string>> = {
  capability: "asks for something in its bottle",
  review: "asks you",
  budget: "its budget is used up: its model requests wait",
};

function itemOfQuestion(bottle: string, { id, kind, words, evidence, count, createdAt, expiresAt }: Question): Item {
  const own = kind === "budget";
  return reviewed({
    bottle,
    id,
    kind,
    need: "answer",
    title: own ? ASKS.budget : `${ASKS[kind]}: ${words.split("\n")[0] ?? ""}`,
    seen: evidence,
    words: own ? null : words,
    adds: [],
    flags: [],
    answers: own ? ["once", "deny"] : ["once", "deny", "words"],
    count,
    createdAt,
    expiresAt,
    command: null,
    request: null,
  });
}

/** Something that happened. `dismissible` false: nothing of it is on disk, and it goes when its cause does. */
export function itemOfIncident(
  bottle: string,
  { id, kind, text, command, createdAt }: Incident,
  dismissible = true,
): Item {
  return reviewed({
    bottle,
    id,
    kind,
    need: "look",
    title: text,
    seen: [],
    words: null,
    adds: [],
    flags: [],
    answers: dismissible ? ["dismiss"] : [],
    count: 1,
    createdAt,
    expiresAt: null,
    command,
    request: null,
  });
}

/** What waits first, then what happened; each the oldest first. */
export function byNeed(a: Item, b: Item): number {
  if (a.need !== b.need) return a.need === "answer" ? -1 : 1;
  return a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id);
}
