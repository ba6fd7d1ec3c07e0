import type { LeakVerdict } from "../leaks/leak-scanner.ts";
import type { ReasonCode } from "../model/decision.ts";
import type { AuditFinding, LeakAction, LeakFinding, LeakLevel } from "../model/leak.ts";
import type { EgressRule, LeakTerms, OpaqueBodies, Policy } from "../model/policy.ts";

export const LEAK_ACTIONS: readonly LeakAction[] = ["block", "ask", "warn", "redact"];
export const LEAK_LEVELS: readonly LeakLevel[] = ["default", "strict"];
export const OPAQUE_BODIES: readonly OpaqueBodies[] = ["allow", "deny"];

/** As the log shows it: the beginning of a SHA-256, 16 hex digits. */
export const FINGERPRINT = /^[0-9a-f]{16}$/;

/** Where policy and rule say nothing: block, and look at bodies as they are. */
export const DEFAULT_LEAKS: LeakTerms = { action: "block", opaque: "allow", allow: [], ignore: [] };

/** What counts for a request by this rule; null: for one that no rule allows. */
export function leakTerms(policy: Policy, rule: EgressRule | null): LeakTerms {
  const { action, opaque, allow, ignore, ...rest } = policy.leaks ?? DEFAULT_LEAKS;
  return {
    action: rule?.leaks?.action ?? action,
    opaque: rule?.leaks?.opaque ?? opaque,
    allow,
    ignore: [...ignore, ...(rule?.leaks?.ignore ?? [])],
    ...rest,
  };
}

/** From what lets most leave to what lets least. */
const SEVERITY: readonly LeakAction[] = ["warn", "ask", "redact", "block"];

/**
 * Whether a newer policy would stop more of what a request by these rules carries: what is on its way was not searched by
 * it. Attack row 135.
 */
export function leaksTightened(
  [before, rule]: readonly [Policy, EgressRule],
  [after, next]: readonly [Policy, EgressRule],
): boolean {
  const [old, now] = [leakTerms(before, rule), leakTerms(after, next)];
  const gained = (some: readonly string[], others: readonly string[]) => others.some((it) => !some.includes(it));
  const named = ({ credentials, canaries = [] }: Policy) => [
    ...credentials.map(({ name }) => name),
    ...canaries.flatMap(({ values }) => values),
  ];
  return (
    SEVERITY.indexOf(now.action) > SEVERITY.indexOf(old.action) ||
    (now.opaque === "deny" && old.opaque === "allow") ||
    (now.level === "strict" && old.level !== "strict") ||
    gained(now.allow, old.allow) ||
    gained(now.ignore, old.ignore) ||
    gained(named(before), named(after))
  );
}

/** What is done about one finding. */
export interface LeakJudgement {
  readonly verdict: LeakVerdict;
  /** Why it is blocked; null: it is not. */
  readonly reason: ReasonCode | null;
  /** As the log has it; null: it is nothing to write down. */
  readonly action: AuditFinding["action"] | null;
}

const PASS: LeakJudgement = { verdict: "pass", reason: null, action: null };
const blocked = (reason: ReasonCode): LeakJudgement => ({ verdict: "stop", reason, action: "blocked" });

/**
 * Judges one finding. `maskable` is true where its bytes can be hidden without changing what else is said: in a body as
 * it is sent. Where they cannot, `redact` blocks. `holdable` is true where the request can wait whole for the operator;
 * where it cannot, `ask` blocks. No action lets a canary or a known value pass; a known value is masked
 * where the rule says `redact`, since an agent that once read its own environment quotes it to the model from then on.
 * Attack rows 105 to 109, 119.
 */
export function judgeLeak(
  terms: LeakTerms,
  finding: LeakFinding,
  { maskable, holdable }: { readonly maskable: boolean; readonly holdable: boolean },
): LeakJudgement {
  const { kind, name, fingerprint } = finding;
  if (kind === "canary") return blocked("canary-in-request");
  const reason = kind === "known" ? "secret-in-request" : "token-in-request";
  if (kind === "pattern") {
    if (terms.ignore.includes(name) || (fingerprint !== null && terms.allow.includes(fingerprint))) return PASS;
    if (terms.action === "ask" && holdable) return { verdict: "pass", reason: null, action: "asked" };
    if (terms.action === "warn") return { verdict: "pass", reason: null, action: "warned" };
  }
  if (terms.action === "redact" && maskable) return { verdict: "mask", reason: null, action: "masked" };
  return blocked(reason);
}
