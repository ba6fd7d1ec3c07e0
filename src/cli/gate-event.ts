import { GATE_REASONS } from "../core/gitgate/gate-texts.ts";
import type { AuditEvent } from "../core/model/audit.ts";
import { describeFinding } from "../core/policy/finding-texts.ts";

/** What the git gate did, on one line. */
export function describeGateEvent(event: Extract<AuditEvent, { type: "git" }>): string {
  const { id, action, repository, verdict, reason, refs, detail, findings = [] } = event;
  const what = refs.map(({ ref, to }) => `${ref.replace(/^refs\/(?:heads|tags)\//, "")} ${to.slice(0, 12)}`);
  const words = `git ${action} ${repository}${what.length === 0 ? "" : ` ${what.join(", ")}`}`;
  const found = findings.map((finding) => describeFinding(finding)).join("; ");
  const why = detail === null || detail === "" || found !== "" ? found : detail;
  const verdictWord = verdict === "allow" ? "allow" : "DENY ";
  return `${verdictWord}    ${id} ${words}  ${reason}: ${GATE_REASONS[reason]}${why === "" ? "" : ` (${why})`}`;
}
