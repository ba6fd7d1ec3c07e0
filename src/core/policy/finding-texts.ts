import { FORMATS } from "../leaks/formats.ts";
import type { AuditFinding, LeakFinding } from "../model/leak.ts";

const TITLES: ReadonlyMap<string, string> = new Map(FORMATS.map(({ id, name }) => [id, name]));

/** What kind of token was found, in words for the agent; never which value. */
export function findingTitle({ name }: Pick<LeakFinding, "name">): string {
  return TITLES.get(name) ?? name;
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
