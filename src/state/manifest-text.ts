import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import type { Problem } from "../core/model/finding.ts";

/** Keys and indexes from the root. */
export type Path = readonly (string | number)[];

/** The text of a manifest, parsed, with the place of everything in it. */
export interface ManifestText {
  /** undefined when the text is not JSON; own properties only, whatever the keys are called. */
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /** A problem at what `path` names: at the key when `at` is `key`, else at the value; at the nearest thing above when there is none. */
  problem(path: Path, message: string, options?: { readonly hint?: string; readonly at?: "key" | "value" }): Problem;
}

/** What the text itself has wrong, and where that belongs. */
export interface Fault {
  readonly path: Path;
  readonly problem: Problem;
}

/** Deeper than any manifest, and far from where recursion would hurt. */
const MAX_DEPTH = 32;

/**
 * Reads JSON with comments and trailing commas. Beside syntax it refuses what JSON.parse would swallow: a key given
 * twice (the last would win unseen), `__proto__`, a NUL in a text (it would cut an argument), too deep nesting.
 */
export function parseManifestText(file: string, text: string): ManifestText {
  const lines = lineStarts(text);
  const errors: ParseError[] = [];
  const tooDeep = depthProblem(text);
  const root = tooDeep === null ? parseTree(text, errors, { allowTrailingComma: true }) : undefined;
  const faults: Fault[] = [];
  const at = (offset: number, path: Path, message: string, hint?: string): Problem => ({
    file,
    ...positionAt(lines, offset),
    path: formatPath(path),
    message,
    ...(hint === undefined ? {} : { hint }),
  });
  const report = (offset: number, path: Path, message: string, hint?: string): void => {
    faults.push({ path, problem: at(offset, path, message, hint) });
  };
  if (tooDeep !== null) report(tooDeep, [], `nested deeper than ${MAX_DEPTH} levels`);
  for (const error of errors.slice(0, 20)) {
    report(error.offset, [], `not JSON: ${words(printParseErrorCode(error.error))}`);
  }
  if (root === undefined && faults.length === 0) report(0, [], "the file is empty", "write at least {}");
  const value = root === undefined || faults.length > 0 ? undefined : plain(root, [], report);
  return {
    value,
    faults,
    problem: (path, message, options = {}) =>
      at(offsetOf(root, path, options.at ?? "value"), path, message, options.hint),
  };
}

function words(code: string): string {
  return code.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

/** Offset of the first bracket that opens too deep a level outside texts and comments; null when there is none. */
function depthProblem(text: string): number | null {
  let depth = 0;
  for (const match of text.matchAll(/"(?:[^"\\\n]|\\.)*"?|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[[\]{}]/g)) {
    if (match[0] === "[" || match[0] === "{") depth += 1;
    else if (match[0] === "]" || match[0] === "}") depth -= 1;
    if (depth > MAX_DEPTH) return match.index;
  }
  return null;
}

function plain(node: Node, path: Path, report: (offset: number, path: Path, message: string) => void): unknown {
  if (node.type === "array") return (node.children ?? []).map((child, index) => plain(child, [...path, index], report));
  if (node.type !== "object") {
    if (typeof node.value === "string" && node.value.includes("\0"))
      report(node.offset, path, "a text must not hold NUL");
    return node.value;
  }
  const object: Record<string, unknown> = {};
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    if (name === "__proto__") report(key.offset, [...path, name], "this key is not allowed");
    else if (Object.hasOwn(object, name)) report(key.offset, [...path, name], "the key is given twice");
    else object[name] = plain(value, [...path, name], report);
  }
  return object;
}

/** The properties of an object by name, the first of those given twice; kept, since each problem asks for its place. */
const indexes = new WeakMap<Node, ReadonlyMap<string, Node>>();

function propertiesOf(object: Node): ReadonlyMap<string, Node> {
  const known = indexes.get(object);
  if (known !== undefined) return known;
  const named = (object.children ?? []).map((child) => [String(child.children?.[0]?.value), child] as const);
  const index = new Map(named.reverse());
  indexes.set(object, index);
  return index;
}

function offsetOf(root: Node | undefined, path: Path, at: "key" | "value"): number {
  let node = root;
  let offset = root?.offset ?? 0;
  for (const [index, part] of path.entries()) {
    const last = index === path.length - 1;
    if (typeof part === "number") {
      node = node?.type === "array" ? node.children?.[part] : undefined;
      if (node === undefined) return offset;
      offset = node.offset;
    } else {
      const property = node?.type === "object" ? propertiesOf(node).get(part) : undefined;
      const [key, value] = property?.children ?? [];
      if (key === undefined) return offset;
      node = value;
      offset = last && at === "key" ? key.offset : (value?.offset ?? key.offset);
    }
  }
  return offset;
}

/** `bottles.dev.egress.rules[0].host`; a key that is no plain word stands in brackets. */
export function formatPath(path: Path): string {
  return path
    .map((part) => {
      if (typeof part === "number") return `[${part}]`;
      return /^[A-Za-z_$][\w$-]*$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
    })
    .join("")
    .replace(/^\./, "");
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|[\n\r]/g)) starts.push(match.index + match[0].length);
  return starts;
}

/** Line and column from 1, in UTF-16 units, as editors count. */
function positionAt(starts: readonly number[], offset: number): { readonly line: number; readonly column: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}
