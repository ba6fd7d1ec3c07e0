import type { GitDefinition } from "../model/definition.ts";
import type { GitIdentity } from "../model/setup.ts";
import { GATE_CONFIG } from "./guest.ts";
import { holdsDocumentedSecret } from "./secret-shape.ts";

/** The identity that a bottle's definition leaves: its own values, else the operator's; null: none is wanted. */
export function chooseIdentity(definition: GitDefinition | undefined, host: GitIdentity | null): GitIdentity | null {
  const own = { name: definition?.name ?? null, email: definition?.email ?? null };
  const operator = definition?.identity === "none" ? null : host;
  if (operator === null && own.name === null && own.email === null) return null;
  return {
    name: own.name ?? operator?.name ?? null,
    email: own.email ?? operator?.email ?? null,
    defaultBranch: operator?.defaultBranch ?? null,
  };
}

/** What of an identity looks like a secret: such a value never enters a bottle. */
export function identityProblems(identity: GitIdentity | null): readonly string[] {
  const parts = [
    ["name", identity?.name],
    ["email", identity?.email],
  ] as const;
  return parts.flatMap(([key, value]) =>
    typeof value === "string" && holdsDocumentedSecret(value)
      ? [`git ${key}: the value looks like a secret; give the bottle another one: "git": {"${key}": ...}`]
      : [],
  );
}

/**
 * The agent's `~/.gitconfig` (git-config(1)): who it commits as, its workspace as a safe one, no credential helper and
 * no signing, since neither keys nor helpers are inside. `gated`: some repositories are reached through the git gate.
 */
export function gitConfigText(identity: GitIdentity | null, workspace: string, gated = false): string {
  const user = [
    ...(identity?.name ? [`\tname = ${quoted(identity.name)}`] : []),
    ...(identity?.email ? [`\temail = ${quoted(identity.email)}`] : []),
  ];
  return [
    ...(user.length === 0 ? [] : ["[user]", ...user]),
    ...(identity?.defaultBranch ? ["[init]", `\tdefaultBranch = ${quoted(identity.defaultBranch)}`] : []),
    ...(gated ? ["[include]", `\tpath = ${GATE_CONFIG}`] : []),
    "[safe]",
    `\tdirectory = ${quoted(workspace)}`,
    "[credential]",
    "\thelper =",
    "[commit]",
    "\tgpgSign = false",
    "[tag]",
    "\tgpgSign = false",
    "",
  ].join("\n");
}

/** A value that git reads back as exactly `text` (git-config(1), "Syntax"); it has no line breaks. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
