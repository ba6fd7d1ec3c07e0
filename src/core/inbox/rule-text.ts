import type { AnswerScope } from "../model/grant.ts";
import { isFields } from "../plan/fields.ts";
import { formatAuthority, parseHost } from "../wire/authority.ts";
import { printable, printableJson } from "../wire/printable.ts";
import type { Item } from "./item.ts";
import { type Reach, reachProblem } from "./reach.ts";

/** A rule as an operator left it in their editor. */
export interface WrittenRule {
  readonly reach: Reach;
  readonly scope: Exclude<AnswerScope, "once">;
  /** As typed, such as `30m`; null unless the scope is `for`. */
  readonly time: string | null;
}

export type WrittenReading =
  | { readonly ok: true; readonly rule: WrittenRule }
  /** `key` is the one that is wrong; null: the whole. */
  | { readonly ok: false; readonly key: string | null; readonly why: string };

const KEYS = ["method", "scheme", "host", "port", "path", "scope", "time"];

/**
 * The text that an editor opens: the rule of an item as JSON with comments. An editor may obey what stands in a file
 * (`vim: set ...`, `Local Variables:`; attack row 152): what is an agent's is never within the first or last lines, is
 * printable ASCII, and holds none of those words.
 */
export function ruleText(item: Item, reach: Reach): string {
  const [host = "", port = ""] = splitAuthority(reach.authority);
  const said = item.words === null ? [] : [`The agent says, and nobody checked it: ${item.words.split("\n")[0] ?? ""}`];
  const about = [item.title, ...item.seen, ...said, ...item.flags.map(({ code, text }) => `! ${code}: ${text}`)];
  const entries = [
    ["method", reach.method],
    ["scheme", reach.scheme],
    ["host", host],
    ["port", Number(port)],
    ["path", reach.path],
    ["scope", "for"],
    ["time", "1h"],
  ] as const;
  return [
    `// What a yes to ${item.id} allows, to be changed. Save it and close the editor to go on;`,
    "// an empty file answers nothing.",
    "//",
    "// path: /a is that path alone, /a/* any path below /a/, and * any one segment elsewhere.",
    "// scope: for (with a time such as 30m or 1h, up to 24h), bottle, or persist (your manifest, too).",
    "// Any query and any body are allowed with it.",
    "//",
    ...about.map((line) => `// ${harmless(printable(line, 300))}`),
    "{",
    ...entries.map(([key, value], at) => {
      return `  ${JSON.stringify(key)}: ${harmless(printableJson(value))}${at === entries.length - 1 ? "" : ","}`;
    }),
    "}",
    "// -",
    "// bottle allow and bottle deny answer it without an editor.",
    "// bottle grants lists what was allowed, and bottle undo takes the last answer back.",
    "// docs/approvals.md has all of it.",
    "// -",
    "",
  ].join("\n");
}

/** Reads the rule back. `value` is what stands in the file; `before` is the rule as it was asked for. */
export function readWritten(value: unknown, before: Reach): WrittenReading {
  if (!isFields(value)) return { ok: false, key: null, why: "not one rule in braces" };
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) return { ok: false, key: unknown, why: `no such key; a rule has ${KEYS.join(", ")}` };
  const { method, scheme, host, port, path, scope, time } = value;
  if (typeof method !== "string") return { ok: false, key: "method", why: "a method such as GET is wanted" };
  if (scheme !== "https" && scheme !== "http") return { ok: false, key: "scheme", why: "https or http is wanted" };
  if (typeof host !== "string") return { ok: false, key: "host", why: "the name of a host is wanted" };
  if (host.includes("*")) {
    return { ok: false, key: "host", why: "a yes is for one host; a wildcard belongs into your manifest" };
  }
  const reading = parseHost(host);
  if (!reading.ok) return { ok: false, key: "host", why: reading.why };
  if (!Number.isInteger(port) || Number(port) < 1 || Number(port) > 65_535) {
    return { ok: false, key: "port", why: "a port from 1 to 65535 is wanted" };
  }
  if (typeof path !== "string") return { ok: false, key: "path", why: "a path is wanted" };
  if (/[?#]/.test(path)) return { ok: false, key: "path", why: "a rule says nothing about queries; leave out `?`" };
  if (scope !== "for" && scope !== "bottle" && scope !== "persist") {
    return { ok: false, key: "scope", why: "for, bottle or persist is wanted" };
  }
  if (scope === "for" ? typeof time !== "string" || !isTime(time) : time !== undefined && typeof time !== "string") {
    return { ok: false, key: "time", why: "a time such as 30m or 1h is wanted, up to 24h" };
  }
  const authority = formatAuthority({ host: reading.host, kind: reading.kind, port: Number(port) });
  // What was asked for is a path, whatever is in it; what was written may be a pattern.
  const pattern = path !== before.path && path.split("/").includes("*");
  const reach: Reach = { method: method.toUpperCase(), scheme, authority, path, pattern };
  const problem = reachProblem(pattern || path === before.path ? reach : { ...reach, pattern: true });
  if (problem !== null) return { ok: false, key: problemKey(problem), why: problem };
  return { ok: true, rule: { reach, scope, time: scope === "for" && typeof time === "string" ? time : null } };
}

function problemKey(problem: string): string {
  if (problem.startsWith("method")) return "method";
  return problem.startsWith("path") ? "path" : "host";
}

function isTime(time: string): boolean {
  const [, count = "", unit = ""] = /^([1-9]\d{0,4})([smh])$/.exec(time) ?? [];
  return Number(count) * ({ s: 1, m: 60, h: 3600 }[unit] ?? 0) <= 24 * 3600 && count !== "";
}

function splitAuthority(authority: string): readonly string[] {
  const at = authority.lastIndexOf(":");
  return [authority.slice(0, at), authority.slice(at + 1)];
}

/** Words by which a file speaks to an editor, taken apart; JSON reads them as they were. */
function harmless(text: string): string {
  return text
    .replace(/(\b(?:vim?|ex|[vV]im?[<=>]?\d+|Variables|End)\s*):/gi, "$1\\u003a")
    .replaceAll("-*-", "-\\u002a-")
    .replace(/[^\x20-\x7e]/gu, (char) =>
      [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
    );
}
