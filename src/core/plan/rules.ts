import type { DialDefinition, Manifest, RuleDefinition } from "../model/definition.ts";
import type { DialTarget, EgressRule, RuleSource } from "../model/policy.ts";
import { hostPatternProblem, splitHostPort } from "../policy/hosts.ts";
import { packRules } from "../policy/packs.ts";
import { printable } from "../wire/printable.ts";
import { expandHome } from "./home-path.ts";
import { packWord } from "./pack-words.ts";

export interface PlannedRules {
  readonly rules: readonly EgressRule[];
  readonly problems: readonly string[];
  /** What is wrong with `--allow`. */
  readonly mistyped: readonly string[];
}

export interface RuleSources {
  /** Rules of the demo. */
  readonly extra: readonly EgressRule[];
  /** Of the bottle definition. */
  readonly operator: readonly RuleDefinition[];
  /** Whose each of them is, by index; absent: the operator's. */
  readonly writers?: readonly RuleSource[];
  readonly agent: readonly EgressRule[];
  /** Names of rule packs. */
  readonly packs: readonly string[];
  /** `--allow` as typed: hosts and names of rule packs. */
  readonly allow: readonly string[];
  readonly caPems: Manifest["caPems"];
  readonly home: string;
}

/**
 * All ways out of one bottle, the most deliberate first: the operator's, then the agent's own, then hosts of `--allow`,
 * then rule packs. Where a host is dialled is a fact about the host, so an operator's `dial` counts for every rule of that
 * host and port, those of packs too.
 */
export function planRules(sources: RuleSources): PlannedRules {
  const problems: string[] = [];
  const mistyped: string[] = [];
  const operator = sources.operator.map((rule, index) => operatorRule(rule, index, sources));
  const packs = new Set(sources.packs);
  const typed = sources.allow.flatMap((text, index) => {
    const word = packWord(text);
    if (word !== null && "pack" in word) {
      packs.add(word.pack);
      return [];
    }
    const rule = word === null ? allowRule(text, index) : `--allow ${text}: ${word.wrong}`;
    if (typeof rule !== "string") return [rule];
    mistyped.push(rule);
    return [];
  });
  const all = [...sources.extra, ...operator, ...sources.agent, ...typed, ...[...packs].flatMap(packRules)];
  const rules = all.map((rule) => {
    const dials = new Map<string, DialTarget>();
    for (const { host, port, dial } of all) {
      if (dial !== null && host === rule.host && port === rule.port) dials.set(JSON.stringify(dial), dial);
    }
    const [dial = null] = dials.values();
    if (dials.size > 1 && rule.dial !== null)
      problems.push(`rule ${rule.id}: ${rule.host}:${rule.port} is dialled in two ways`);
    return rule.mode === "splice" && rule.dial === null ? rule : { ...rule, dial: rule.dial ?? dial };
  });
  return { rules, problems, mistyped };
}

function operatorRule(rule: RuleDefinition, index: number, { caPems, home, writers }: RuleSources): EgressRule {
  const scheme = rule.scheme ?? "https";
  const source = writers?.[index] ?? "operator";
  return {
    id: `${source}:${index}`,
    source,
    host: rule.host,
    port: rule.port ?? (scheme === "https" ? 443 : 80),
    scheme,
    mode: rule.mode ?? "inspect",
    methods: rule.methods ?? null,
    paths: rule.paths ?? null,
    body:
      rule.body === undefined
        ? null
        : { shape: rule.body.shape, allowProviderTools: rule.body.allowProviderTools ?? [] },
    websocket: rule.websocket ?? false,
    maxRequestBytes: rule.maxRequestBytes ?? null,
    ...(rule.cookies === undefined ? {} : { cookies: rule.cookies }),
    dial: rule.dial === undefined ? null : dialTarget(rule.dial, caPems, home),
    ...ruleLeaks(rule),
    ...(rule.ask === true ? { ask: true } : {}),
  };
}

/** A rule with a body shape leads to a model, to which an agent quotes what it reads: masking keeps it alive. */
function ruleLeaks({ leaks, body }: RuleDefinition): Pick<EgressRule, "leaks"> {
  const action = leaks?.action ?? (body === undefined ? null : "redact");
  const opaque = leaks?.opaque ?? null;
  return action === null && opaque === null ? {} : { leaks: { action, opaque } };
}

function dialTarget(dial: DialDefinition, caPems: Manifest["caPems"], home: string): DialTarget {
  const caPem = dial.ca === undefined ? null : (caPems[dial.ca] ?? null);
  if (dial.unix !== undefined) return { kind: "unix", path: expandHome(dial.unix, home), caPem };
  return { kind: "tcp", address: dial.address ?? "", port: dial.port ?? 0, caPem };
}

/** The rule that `--allow HOST[:PORT]` means: https, inspected, any method and path. A text says what is wrong. */
function allowRule(text: string, index: number): EgressRule | string {
  const target = splitHostPort(text);
  if (target === null || hostPatternProblem(target.host) !== null) {
    const why = target === null ? "not a HOST or HOST:PORT" : hostPatternProblem(target.host);
    return `--allow ${printable(text, 100)}: ${why}`;
  }
  return {
    id: `cli:${index}`,
    source: "cli",
    host: target.host,
    port: target.port,
    scheme: "https",
    mode: "inspect",
    methods: null,
    paths: null,
    body: null,
    websocket: false,
    maxRequestBytes: null,
    dial: null,
  };
}
