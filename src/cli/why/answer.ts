import type { DenyRule, EgressRule } from "../../core/model/policy.ts";
import { denyLine, ruleLine } from "../../core/plan/explain.ts";
import { type Explanation, originOf, type Remedy, type RulePlaces } from "../../core/plan/why.ts";
import { printable, printableJson } from "../../core/wire/printable.ts";
import type { TimedEvent } from "../../state/audit-search.ts";

/** What the log says of a request that was made. */
export interface PastRequest {
  readonly events: readonly TimedEvent[];
  /** The same for people. */
  readonly lines: readonly string[];
}

/** Everything that `bottle why` answers. */
export interface Answer {
  readonly about: {
    readonly kind: "agent" | "bottle" | "removed bottle";
    readonly name: string;
    /** null: it is not known. */
    readonly policyVersion: number | null;
  };
  readonly asked: { readonly method: string; readonly url: string };
  readonly explanation: Explanation;
  readonly places: RulePlaces;
  /** The operator's manifest file, where a remedy is to be written. */
  readonly manifest: string;
  readonly past: PastRequest | null;
}

/** The whole of a manifest that holds just this remedy, in the order in which they are offered. */
function manifestsOf(remedy: Remedy, bottle: string): readonly object[] {
  const egress = [
    ...(remedy.pack === null ? [] : [{ packs: [remedy.pack] }]),
    ...(remedy.rule === null ? [] : [{ rules: [remedy.rule] }]),
  ];
  return egress.map((it) => ({ bottles: { [bottle]: { egress: it } } }));
}

/** For a program: stable keys, null for what is not known. */
export function jsonAnswer({ about, asked, explanation, places, manifest, past }: Answer): string {
  const { rule, near, remedy, ...rest } = explanation;
  const named = (it: EgressRule | DenyRule) => ({ ...it, origin: originOf(it, places) });
  const answer = {
    ...about,
    request: asked,
    ...rest,
    rule: rule === null ? null : named(rule),
    near: near.map(({ rule: it, miss }) => ({ rule: it.id, origin: originOf(it, places), miss })),
    add:
      remedy === null
        ? null
        : {
            pack: remedy.pack,
            allow: [remedy.pack, remedy.allow].filter((word) => word !== null),
            file: manifest,
            manifests: manifestsOf(remedy, places.bottle),
          },
    past: past === null ? null : past.events,
  };
  return `${printableJson(answer, 2)}\n`;
}

/** For people; every line is escaped, since a URL may come from a page or from an agent. */
export function formatAnswer(answer: Answer): string {
  const { about, asked, explanation, places, past } = answer;
  const { verdict, reason, meaning, detail, rule, credentials, notes, near, remedy } = explanation;
  const version = about.policyVersion === null ? "" : `, policy version ${about.policyVersion}`;
  const lines: (readonly [label: string, text: string])[] = [
    [verdict, `${asked.method} ${asked.url}`],
    ["for", `${about.kind} ${about.name}${version}`],
    ["because", `${meaning} (${reason}${detail === null ? "" : `: ${detail}`})`],
    ["rule", rule === null ? "none" : `${lineOf(rule)}`],
    ...(rule === null ? [] : ([["from", originOf(rule, places)]] as const)),
    ...credentials.map((name) => ["adds", `the credential ${name}`] as const),
    ...near.map(({ rule: it, miss }) => ["near", `${miss}: ${lineOf(it)}, ${originOf(it, places)}`] as const),
    ...(past === null ? [] : past.lines.map((line) => ["log", line] as const)),
    ...(remedy === null ? [] : remedyLines(remedy, answer)),
    ...notes.map((note) => ["note", note] as const),
  ];
  return lines.map(([label, line]) => `${label.padEnd(8)} ${printable(line)}\n`).join("");
}

function lineOf(rule: EgressRule | DenyRule): string {
  return "mode" in rule ? ruleLine(rule) : denyLine(rule);
}

function remedyLines(
  remedy: Remedy,
  { about, explanation, places, manifest }: Answer,
): readonly (readonly [label: string, text: string])[] {
  const words = [remedy.pack, remedy.allow].filter((word) => word !== null);
  return [
    ...words.map((word) => {
      const what = word === remedy.pack ? "the read-only rule pack" : "any method and path of this host, writing too";
      return ["allow", `bottle start ${places.agent} --allow ${word}    (${what})`] as const;
    }),
    ...manifestsOf(remedy, places.bottle).map((it) => ["allow", `in ${manifest}: ${JSON.stringify(it)}`] as const),
    ...(about.kind === "agent"
      ? []
      : ([
          [
            "note",
            explanation.verdict === "ask"
              ? "a manifest is for the next start"
              : "what a bottle may do is fixed at its start: this is for the next",
          ],
        ] as const)),
  ];
}
