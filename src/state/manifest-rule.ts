import { isDeepStrictEqual } from "node:util";
import { findNodeAtLocation, type Node, type ParseError, parse, parseTree } from "jsonc-parser";
import type { RuleDefinition } from "../core/model/definition.ts";
import { fieldsOf } from "../core/plan/fields.ts";

const READING = { allowTrailingComma: true };

/**
 * The text of a manifest with one rule more at the end of a bottle's list; everything else, comments too, stays as it is.
 * null: it cannot be written into what stands there. `text` null: there is no file yet.
 */
export function withRule(text: string | null, bottle: string, rule: RuleDefinition): string | null {
  const before = text ?? "{\n}\n";
  const list = ["bottles", bottle, "egress", "rules"];
  const root = parseTree(before, [], READING);
  if (root === undefined) return null;
  let node = root;
  let depth = 0;
  for (; depth < list.length; depth += 1) {
    const next = findNodeAtLocation(root, list.slice(0, depth + 1));
    if (next === undefined) break;
    node = next;
  }
  if (node.type !== (depth === list.length ? "array" : "object")) return null;
  const after = withEntry(before, node, entryText(list.slice(depth), rule));
  // Commas and comments may stand in odd places: better nothing than a file that says something else.
  return isDeepStrictEqual(manifestValue(after), withRuleValue(manifestValue(before), bottle, rule)) ? after : null;
}

/** `"egress": { "rules": [{ ... }] }` for the keys that are missing. */
function entryText(keys: readonly string[], rule: RuleDefinition): string {
  const [key, ...rest] = keys;
  if (key === undefined) return oneLine(rule);
  const inner = entryText(rest, rule);
  return `${JSON.stringify(key)}: ${rest.length === 0 ? `[${inner}]` : `{ ${inner} }`}`;
}

/** JSON on one line, with spaces where people put them. */
function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${oneLine(inner)}`);
  return `{ ${entries.join(", ")} }`;
}

/** `text` with one entry more at the end of a list or object. */
function withEntry(text: string, { offset, length, children = [] }: Node, entry: string): string {
  const close = offset + length - 1;
  const last = children.at(-1);
  const from = last === undefined ? offset + 1 : last.offset + last.length;
  const lineEnd = /\r?\n/.exec(text.slice(from, close));
  if (lineEnd === null) {
    const at = last === undefined ? ` ${entry} ` : `, ${entry}`;
    return text.slice(0, from) + at + text.slice(from);
  }
  // A comment behind the last entry stays with it.
  const end = from + lineEnd.index;
  const comma = /,/.test(text.slice(from, close).replace(/\/\/.*|\/\*[\s\S]*?\*\//g, ""));
  const indent = last === undefined ? `${indentAt(text, offset)}  ` : indentAt(text, last.offset);
  const between = last === undefined || comma ? "" : ",";
  const own = comma || last === undefined ? "," : "";
  return text.slice(0, from) + between + text.slice(from, end) + lineEnd[0] + indent + entry + own + text.slice(end);
}

/** White space at the beginning of the line of `offset`. */
function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset))?.[0] ?? "";
}

function manifestValue(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, READING);
  return errors.length > 0 ? errors : value;
}

function withRuleValue(value: unknown, bottle: string, rule: RuleDefinition): unknown {
  const root = fieldsOf(value);
  const bottles = fieldsOf(root.bottles);
  const definition = fieldsOf(bottles[bottle]);
  const egress = fieldsOf(definition.egress);
  const rules = Array.isArray(egress.rules) ? [...egress.rules, rule] : [rule];
  return { ...root, bottles: { ...bottles, [bottle]: { ...definition, egress: { ...egress, rules } } } };
}
