import { REFUSAL_TEXTS } from "../../src/core/policy/refusal-texts.ts";
import { GENERATED, type Page, table } from "../page.ts";

/** docs/reasons.md, from the texts that the gateway sends. */
export function reasonPages(): Page[] {
  const rows = Object.entries(REFUSAL_TEXTS)
    .filter(([reason]) => reason !== "allowed")
    .map(([reason, { status, message, how }]) => [`\`${reason}\``, String(status), message, how]);
  const text = `# Reasons of refusals

${GENERATED}

When the gateway refuses a request, the program inside gets one JSON object with the reason, a sentence about it and the
request's id, and the headers \`X-Bot-Bottle-Reason\` and \`X-Bot-Bottle-Request\`. It never says what this
bottle's policy would have allowed; where a public [rule pack](packs.md) would allow the request, \`how\` and \`rule_pack\` name
it. The audit log has the rest under the same id: \`bottle audit NAME --denied\`, and
\`bottle why NAME ID\` explains it.

${table(["reason", "status", "what the agent reads", "what it may do"], rows)}
`;
  return [{ path: "docs/reasons.md", text }];
}
