import type { AuditFinding, LeakFinding } from "../model/leak.ts";

/** What was found, in words for the agent: the type of a token; never which value. */
export function findingTitle({ name }: Pick<LeakFinding, "name">): string {
  return name;
}

/** One finding in a sentence for the operator. */
export function describeFinding(finding: AuditFinding): string {
  const { kind, name, fingerprint, where, through } = finding;
  const packed = through.length === 0 ? "" : ` (${through.join(" in ")})`;
  if (kind === "canary") return `${where} holds the canary ${name}${packed}`;
  if (kind === "known") return `${where} holds the value of ${name}${packed}`;
  const mark = fingerprint === null ? "" : `, fingerprint ${fingerprint}`;
  return `${where} holds what looks like: ${findingTitle(finding)} [${name}]${packed}${mark}`;
}
