import type { AuditEvent } from "../../core/model/audit.ts";
import { BottleError } from "../../core/model/errors.ts";
import type { Policy } from "../../core/model/policy.ts";
import { type Explanation, explainRequest, explainTunnel, findRule, meaningOf } from "../../core/plan/why.ts";
import { findingRemedies, foundText } from "../../core/policy/finding-texts.ts";
import { parseAuthority } from "../../core/wire/authority.ts";
import { ownAddresses } from "../../host/own-addresses.ts";
import type { SessionContext } from "../../session/context.ts";
import { placesOf } from "../../session/known-policy.ts";
import { archivedBottles } from "../../state/archived-bottles.ts";
import { eventsOf, type TimedEvent } from "../../state/audit-search.ts";
import { type BottlePaths, bottlePaths } from "../../state/layout.ts";
import { readPolicy } from "../../state/policy-file.ts";
import { findBottle, readBottle } from "../../state/records.ts";
import { usageText } from "../usage-text.ts";
import type { Answer } from "./answer.ts";

type DecisionEvent = Extract<AuditEvent, { type: "decision" }>;

/** `target` is cut to this length in the log (`gateway/trail`): a longer one cannot be judged again. */
const CUT = 2048;

/**
 * Explains a request that was made, by its id: of the bottle called `name`, or of removed ones that were. Errors:
 * BOTTLE_NOT_FOUND, REQUEST_NOT_FOUND, STATE_UNUSABLE.
 */
export async function pastRequest(name: string, id: string, context: SessionContext): Promise<Answer> {
  const { layout } = context;
  const live = (await findBottle(layout, name)) !== null;
  const folders = [...(live ? [bottlePaths(layout, name)] : []), ...(await archivedBottles(layout, name))];
  if (folders.length === 0) {
    throw new BottleError("BOTTLE_NOT_FOUND", `no bottle is called ${name}, and no removed one was`, {
      hint: "bottle ls shows all that are there",
    });
  }
  for (const [index, paths] of folders.entries()) {
    const events = await eventsOf(paths.audit, id);
    const decision = events.map(({ event }) => event).findLast((event) => event.type === "decision");
    if (decision !== undefined) return answerFrom(name, decision, events, paths, live && index === 0, context);
  }
  throw new BottleError("REQUEST_NOT_FOUND", `${name} made no request ${id}, or too many at once to log each`, {
    hint: `bottle audit ${name} lists them`,
  });
}

async function answerFrom(
  name: string,
  decision: DecisionEvent,
  events: readonly TimedEvent[],
  paths: BottlePaths,
  live: boolean,
  context: SessionContext,
): Promise<Answer> {
  // The log alone says what was decided; the policy only helps to say more.
  const policy = await readPolicy(paths.policy).catch(() => null);
  const { record } = await readBottle(paths.folder, name);
  const places = await placesOf(record?.agent ?? "AGENT", record?.workspace.host ?? paths.workspace, context);
  const { method, authority, target } = decision;
  const scheme = decision.mode === "http" ? "http" : "https";
  const url = method === "CONNECT" ? (authority ?? "?") : `${scheme}://${authority ?? "?"}${target ?? ""}`;
  return {
    about: {
      kind: live ? "bottle" : "removed bottle",
      name: record?.name ?? name,
      policyVersion: decision.policyVersion,
    },
    asked: { method: method ?? "?", url },
    explanation: explain(decision, policy, url),
    places,
    manifest: context.layout.operatorManifest,
    past: { events, lines: linesOf(events) },
  };
}

/** What was decided, with what the policy of the bottle adds: the rule, near misses, a remedy. */
function explain(decision: DecisionEvent, policy: Policy | null, url: string): Explanation {
  const { verdict, reason, detail, credentials } = decision;
  const again = verdict === "deny" && policy !== null ? judgedAgain(decision, policy, url) : null;
  // A rule's id says which one only in the policy that it was decided by.
  const same = policy !== null && policy.version === decision.policyVersion;
  return {
    verdict,
    reason,
    meaning: meaningOf(reason, decision.rule),
    detail,
    rule: same ? findRule(policy, decision.rule) : null,
    credentials,
    notes: [...(again?.reason === reason ? again.notes : []), ...findingRemedies(decision.findings)],
    near: again?.reason === reason ? again.near : [],
    remedy: again?.reason === reason ? again.remedy : null,
  };
}

function judgedAgain({ method, authority, target }: DecisionEvent, policy: Policy, url: string): Explanation | null {
  if (method === null || authority === null) return null;
  if (method === "CONNECT") {
    const reading = parseAuthority(authority, null);
    return reading.ok ? explainTunnel(policy, reading.authority, ownAddresses()) : null;
  }
  return target === null || target.length >= CUT ? null : explainRequest(policy, method, url, ownAddresses());
}

/** What the log says of one event, the rest of the answer not counted. */
function lineOf({ time, event }: TimedEvent): string {
  switch (event.type) {
    case "decision": {
      const parts = [
        event.rule === null ? null : `by ${event.rule} of policy version ${event.policyVersion}`,
        event.mode === "none" ? null : event.mode,
        event.address === null ? null : `address ${event.address}`,
        event.credentials.length === 0 ? null : `${event.credentials.join(", ")} added`,
        event.alert ? "with an alert" : null,
        event.detail,
        foundText(event.findings),
      ];
      return [`${time} ${event.verdict} ${event.reason}`, ...parts.filter((part) => part !== null)].join(", ");
    }
    case "result": {
      const masked = event.scrubbed === 0 ? "" : `, ${event.scrubbed} times a secret masked in the answer`;
      const error = event.error === null ? "" : `, ${event.error}`;
      const text = foundText(event.findings);
      const found = text === null ? "" : `, ${text}`;
      return `${time} status ${event.status ?? "none"}, ${event.bytesOut} bytes out, ${event.bytesIn} in, ${event.ms} ms${masked}${found}${error}`;
    }
    case "answer":
      return `${time} ${event.verdict} by ${event.by}${event.scope === null ? "" : ` (${event.scope})`}`;
    case "usage":
      return `${time} ${usageText(event)}`;
    default:
      return `${time} ${event.type}`;
  }
}

/** A request without an end waits or is under way still, or ended with its bottle. */
function linesOf(events: readonly TimedEvent[]): readonly string[] {
  const kinds = events.map(({ event }) => (event.type === "decision" ? event.verdict : event.type));
  const unfinished = kinds.includes("allow") && !kinds.includes("result");
  const waits = kinds.at(-1) === "ask";
  if (waits)
    return [...events.map(lineOf), "no answer: it waits for yours (bottle approvals), or ended with its bottle"];
  return [...events.map(lineOf), ...(unfinished ? ["no outcome: it is under way, or ended with its bottle"] : [])];
}
