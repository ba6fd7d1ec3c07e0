import { GITLEAKS_NAME } from "../gitgate/gitleaks-report.ts";
import { FORMATS } from "../leaks/formats.ts";
import type { AuditFinding, LeakFinding } from "../model/leak.ts";

const TITLES: ReadonlyMap<string, string> = new Map(FORMATS.map(({ id, name }) => [id, name]));

/** What kind of token was found, in words for the agent; never which value. */
export function findingTitle({ name }: Pick<LeakFinding, "name">): string {
  return TITLES.get(name) ?? (name.startsWith(GITLEAKS_NAME) ? `${name.slice(GITLEAKS_NAME.length)} (gitleaks)` : name);
}

/** Those of `ids` that name no token format: what was written to be ignored is looked for all the same. */
export function unknownFormats(ids: readonly string[]): readonly string[] {
  return ids.filter((id) => !TITLES.has(id) && !id.startsWith(GITLEAKS_NAME));
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

/** All findings of one line of the log, for people; null: none that its detail does not tell. */
export function foundText(findings: readonly AuditFinding[] | undefined): string | null {
  const others = findings?.filter(({ action }) => action !== "blocked") ?? [];
  if (others.length === 0) return null;
  return others.map((finding) => `${finding.action}: ${describeFinding(finding)}`).join("; ");
}

/** What the operator can do about what was blocked, one line each. */
export function findingRemedies(findings: readonly AuditFinding[] | undefined): readonly string[] {
  return (findings ?? []).flatMap(({ kind, name, fingerprint, action }) => {
    if (kind !== "pattern" || action !== "blocked") return [];
    const one = fingerprint === null ? "" : `"allow": ["${fingerprint}"] lets this very value leave; `;
    return [`in egress.leaks, ${one}"ignore": ["${name}"] no longer looks for any ${findingTitle({ name })}`];
  });
}
