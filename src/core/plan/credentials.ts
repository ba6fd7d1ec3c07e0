import type { CredentialCandidate } from "../model/agent.ts";
import type { CredentialDefinition, RuleDefinition, SourceDefinition } from "../model/definition.ts";
import type { SecretRef, SecretSource } from "../model/plan.ts";
import type { CredentialBinding, CredentialScheme } from "../model/policy.ts";
import { hostPatternsOverlap, splitHostPort } from "../policy/hosts.ts";
import { expandHome } from "./home-path.ts";
import { deriveBytes, placeholder } from "./placeholders.ts";

export interface CredentialInputs {
  readonly definitions: Readonly<Record<string, CredentialDefinition>>;
  /** The operator's rules: their `credential` chooses where several claim a host. */
  readonly rules: readonly RuleDefinition[];
  /** What the agent itself could use, in its order. */
  readonly candidates: readonly CredentialCandidate[];
  /** The one of them that this host has; null: none. */
  readonly candidate: CredentialCandidate | null;
  readonly home: string;
  readonly entropy: Uint8Array;
}

export interface PlannedCredentials {
  readonly bindings: readonly CredentialBinding[];
  readonly secrets: readonly SecretRef[];
  /** Guest variables with their placeholders. */
  readonly env: Readonly<Record<string, string>>;
  /** The agent could use a credential and gets none. */
  readonly missing: boolean;
  readonly problems: readonly string[];
}

/** For a credential of unknown shape. */
const DEFAULT_SHAPE = `placeholder-${"x".repeat(40)}`;

interface Draft {
  readonly name: string;
  readonly source: SecretSource;
  readonly scheme: CredentialScheme;
  readonly hosts: readonly string[];
  readonly drops: readonly string[];
  readonly variable: string | null;
  readonly shape: string;
}

/**
 * Which credential is written where. An operator's credential for a host that the agent's own would go to takes its
 * place, with its variable and shape unless it has others. When two credentials claim one host, a rule for that host
 * must name one of them, else the plan is refused: a request carries one identity.
 */
export function planCredentials(inputs: CredentialInputs): PlannedCredentials {
  const problems: string[] = [];
  const declared = Object.entries(inputs.definitions).map(([name, definition]) => draftOf(name, definition, inputs));
  const replaced = inputs.candidates.some((candidate) =>
    declared.some((draft) => overlaps(draft.hosts, candidate.hosts)),
  );
  const own = replaced || inputs.candidate === null ? [] : [draftOfCandidate(inputs.candidate)];
  const drafts = settleClaims([...own, ...declared], inputs.rules, problems);

  const variables = new Map<string, string>();
  const env: Record<string, string> = {};
  const bindings = drafts.map((draft): CredentialBinding => {
    const needed = draft.shape.split("x").length - 1;
    const stand = placeholder(draft.shape, deriveBytes(inputs.entropy, `placeholder ${draft.name}`, needed));
    if (draft.variable !== null) {
      const other = variables.get(draft.variable);
      if (other !== undefined)
        problems.push(`credentials ${other} and ${draft.name} both want the variable ${draft.variable}`);
      variables.set(draft.variable, draft.name);
      env[draft.variable] = stand;
    }
    return { name: draft.name, scheme: draft.scheme, hosts: draft.hosts, placeholder: stand, drops: draft.drops };
  });
  return {
    bindings,
    secrets: drafts.map(({ name, source }) => ({ credential: name, source })),
    env,
    missing: inputs.candidates.length > 0 && own.length === 0 && !replaced,
    problems,
  };
}

function draftOf(name: string, definition: CredentialDefinition, { candidates, home }: CredentialInputs): Draft {
  const like = candidates.find((candidate) => overlaps(definition.hosts, candidate.hosts));
  return {
    name,
    source: sourceOf(definition.source, home),
    scheme: schemeOf(definition.scheme),
    hosts: definition.hosts,
    drops: (definition.drops ?? dropsLike(definition, like)).map((header) => header.toLowerCase()),
    variable: definition.variable ?? like?.guestVariable ?? null,
    shape: definition.placeholder ?? like?.placeholderShape ?? DEFAULT_SHAPE,
  };
}

/** At the agent's own host the agent sends its placeholder by its own slot: that one must go when ours is another. */
function dropsLike(definition: CredentialDefinition, like: CredentialCandidate | undefined): readonly string[] {
  if (like === undefined) return [];
  const slot = slotOf(schemeOf(definition.scheme));
  return [...new Set(["authorization", slotOf(like.scheme), ...like.drops])].filter((header) => header !== slot);
}

function slotOf(scheme: CredentialScheme): string {
  if (scheme.kind === "header") return scheme.header.toLowerCase();
  return scheme.kind === "query" ? "" : "authorization";
}

function draftOfCandidate(candidate: CredentialCandidate): Draft {
  return { ...candidate, variable: candidate.guestVariable, shape: candidate.placeholderShape };
}

/** Where a secret is found, with the operator's home folder in its paths. */
export function sourceOf(source: SourceDefinition, home: string): SecretSource {
  if (source.env !== undefined) return { kind: "env", variable: source.env };
  if (source.file !== undefined) return { kind: "file", path: expandHome(source.file, home) };
  const [program = "", ...args] = source.command ?? [];
  return { kind: "command", argv: [expandHome(program, home), ...args] };
}

function schemeOf(scheme: CredentialDefinition["scheme"]): CredentialScheme {
  if (scheme === "bearer") return { kind: "bearer" };
  if (scheme.basic !== undefined) return { kind: "basic", username: scheme.basic.username };
  if (scheme.query !== undefined) return { kind: "query", parameter: scheme.query.parameter };
  return { kind: "header", header: scheme.header?.name.toLowerCase() ?? "", prefix: scheme.header?.prefix ?? "" };
}

/** Gives each claimed host to one credential: the only claimant, or the one that a rule for this very host chooses. */
function settleClaims(
  drafts: readonly Draft[],
  rules: readonly RuleDefinition[],
  problems: string[],
): readonly Draft[] {
  const choices = chosenHosts(rules, problems);
  for (const [host, name] of choices) {
    const draft = drafts.find((candidate) => candidate.name === name);
    if (draft !== undefined && !draft.hosts.some((pattern) => canonical(pattern) === host)) {
      problems.push(`a rule writes credential ${name} at ${host}, which is not one of its hosts`);
    }
  }
  const settled = drafts
    .map((draft) => ({
      ...draft,
      hosts: draft.hosts.filter((host) => (choices.get(canonical(host)) ?? draft.name) === draft.name),
    }))
    .filter((draft) => draft.hosts.length > 0);
  for (const [index, draft] of settled.entries()) {
    for (const other of settled.slice(index + 1)) {
      for (const host of draft.hosts.filter((pattern) => overlaps([pattern], other.hosts))) {
        problems.push(
          `credentials ${draft.name} and ${other.name} both claim ${host}; name one as \`credential\` in a rule for it`,
        );
      }
    }
  }
  return settled;
}

/** Host and port to the credential that a rule chooses there. */
function chosenHosts(rules: readonly RuleDefinition[], problems: string[]): ReadonlyMap<string, string> {
  const choices = new Map<string, string>();
  for (const { host, port = 443, credential } of rules) {
    if (credential === undefined) continue;
    const key = `${host}:${port}`;
    const before = choices.get(key);
    if (before !== undefined && before !== credential) {
      problems.push(
        `two rules for ${key} choose different credentials (${before}, ${credential}); this version has one for each host`,
      );
    }
    choices.set(key, credential);
  }
  return choices;
}

function canonical(pattern: string): string {
  const parts = splitHostPort(pattern);
  return parts === null ? pattern : `${parts.host}:${parts.port}`;
}

/** True when some authority fits a pattern of both lists. */
function overlaps(some: readonly string[], others: readonly string[]): boolean {
  return some.some((a) => others.some((b) => patternsMeet(a, b)));
}

function patternsMeet(a: string, b: string): boolean {
  const [first, second] = [splitHostPort(a), splitHostPort(b)];
  if (first === null || second === null || first.port !== second.port) return false;
  return hostPatternsOverlap(first.host, second.host);
}
