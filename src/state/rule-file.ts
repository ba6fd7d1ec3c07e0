import { mkdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Reach } from "../core/inbox/reach.ts";
import { readWritten, type WrittenRule } from "../core/inbox/rule-text.ts";
import type { Problem } from "../core/model/finding.ts";
import { readTextFile } from "../host/files.ts";
import { createFile } from "../host/new-file.ts";
import type { Layout } from "./layout.ts";
import { parseManifestText } from "./manifest-text.ts";

/** What an operator left in the file of a rule. */
export type RuleFile =
  | { readonly kind: "rule"; readonly rule: WrittenRule }
  /** Nothing but space and comments: they want no answer. */
  | { readonly kind: "empty" }
  | { readonly kind: "wrong"; readonly problems: readonly Problem[] };

/** A file that an editor shall open, private, and there until it was used: what was written is not lost by a wrong word. */
export async function openRuleFile(layout: Pick<Layout, "state">, id: string, text: string): Promise<string> {
  const file = join(layout.state, "edits", `${id}.jsonc`);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await createFile(file, text, 0o600);
  return file;
}

export async function removeRuleFile(file: string): Promise<void> {
  await unlink(file).catch(() => undefined);
}

/** Reads what the editor left. `before` is the rule as it was asked for. */
export async function readRuleFile(file: string, before: Reach): Promise<RuleFile> {
  const read = await readTextFile(file, { maxBytes: 64 << 10 });
  if (read.kind === "missing") return { kind: "empty" };
  if (read.kind === "unreadable") {
    return { kind: "wrong", problems: [{ file, line: 1, column: 1, path: "", message: `it ${read.why}` }] };
  }
  if (read.text.split("\n").every((line) => /^\s*(?:\/\/.*)?$/.test(line))) return { kind: "empty" };
  const text = parseManifestText(file, read.text);
  if (text.faults.length > 0) return { kind: "wrong", problems: text.faults.map(({ problem }) => problem) };
  const reading = readWritten(text.value, before);
  if (reading.ok) return { kind: "rule", rule: reading.rule };
  const path = reading.key === null ? [] : [reading.key];
  return { kind: "wrong", problems: [text.problem(path, reading.why)] };
}
