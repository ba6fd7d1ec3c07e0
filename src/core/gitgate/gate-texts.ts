import type { GateReason } from "../model/git-gate.ts";

/** What a verdict of the gate means, for the agent and for `bottle git log`. */
export const GATE_REASONS: Readonly<Record<GateReason, string>> = {
  forwarding: "nothing speaks against it; it is being sent to the server",
  accepted: "the server took it",
  "never-judged": "git did not take what came (objects that fail its checks, too much), or the agent stopped",
  "ref-refused": "a ref may not change so",
  "limit-reached": "it is larger than a push may be",
  "path-protected": "it changes what runs elsewhere",
  held: "it waits for the operator",
  "ask-denied": "the operator said no",
  "ask-timeout": "the operator did not answer in time",
  "secret-found": "it holds what looks like a secret",
  "moved-on": "the branch has changed meanwhile",
  "upstream-refused": "the server refused it",
  "upstream-failed": "the server could not be asked, or did not answer",
  "read-served": "its refs were brought up to date and shown",
  "internal-error": "the gate could not judge it",
};

/** What the agent can do about it. */
const REMEDIES: Partial<Readonly<Record<GateReason, string>>> = {
  "ref-refused": "push to a branch that is allowed: git push origin HEAD:refs/heads/NAME",
  "limit-reached": "push less at a time, or ask your operator",
  "path-protected":
    "leave those files out of the commits (git rebase), or ask your operator to land them: bottle apply",
  "ask-denied": "leave what is named out of the commits (git rebase)",
  "ask-timeout": "push again when your operator is there, or leave what is named out of the commits (git rebase)",
  "secret-found": "take it out of every commit of this push (git commit --amend, git rebase -i), then push again",
  "moved-on": "git fetch, then rebase or merge, then push again",
  "upstream-refused": "git fetch, then look at what the server said",
  "upstream-failed": "git fetch shows whether the server has it all the same; if not, push again",
};

/**
 * The lines that a refused push leaves on the agent's terminal; no value of a secret is in them. `supervised`: the agent
 * can ask by the MCP server.
 */
export function refusalLines(
  reason: GateReason,
  details: readonly string[],
  { id, supervised }: { readonly id: string; readonly supervised: boolean },
): readonly string[] {
  const remedy = REMEDIES[reason];
  return [
    `git gate: push refused (${reason}): ${GATE_REASONS[reason]}`,
    ...details.map((detail) => `  ${detail}`),
    ...(remedy === undefined ? [] : [`  ${remedy}`]),
    `  request ${id}${supervised && reason !== "ask-denied" ? `; ${ASK_BY_MCP}` : ""}`,
  ];
}

/** How an agent that has the MCP server asks for what no single URL is. */
export const ASK_BY_MCP = "to ask your operator, call request_capability of the MCP server bot-bottle";
