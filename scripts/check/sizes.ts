import type { CheckResult, ParsedFile, SourceFile } from "./source.ts";

export const MAX_LINES = 300;

/** No file of the program is longer than 300 lines; the median says how the house ages. */
export function checkSizes(files: readonly SourceFile[]): CheckResult {
  const lines = (file: SourceFile) => file.text.split("\n").length - 1;
  const problems = files
    .filter((file) => lines(file) > MAX_LINES)
    .map((file) => `${file.path}:${MAX_LINES}: ${lines(file)} lines; at most ${MAX_LINES}`);
  const sorted = files.map(lines).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return { problems, seen: `${files.length} files, median ${median}, longest ${sorted.at(-1) ?? 0} lines` };
}

const BANNED = [
  "util",
  "utils",
  "helper",
  "helpers",
  "common",
  "shared",
  "misc",
  "manager",
  "types",
  "lib",
  "index",
  "stuff",
];

/** File and folder names are nouns in kebab-case; names that collect anything collect everything. */
export function checkNames(files: readonly SourceFile[]): CheckResult {
  const ours = files.filter(
    (file) => /^(?:src|test|scripts|bench)\//.test(file.path) && /\.[cm]?[jt]s$/.test(file.path),
  );
  const problems = ours.flatMap((file) => {
    const parts = file.path.replace(/(?:\.test)?\.[cm]?[jt]s$/, "").split("/");
    return parts.flatMap((part) => {
      if (BANNED.includes(part) || /-(?:utils?|helpers?|manager|types)$/.test(part)) {
        return [`${file.path}:1: "${part}" says nothing about what is in it`];
      }
      return /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(part) ? [] : [`${file.path}:1: "${part}" is not kebab-case`];
    });
  });
  return { problems, seen: `${ours.length} files` };
}

/** A file that only passes names on hides where they come from. */
export function checkBarrels(files: readonly ParsedFile[]): CheckResult {
  const problems = files
    .filter((file) => {
      const rest = file.code.replace(/\bexport\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*;/g, "");
      return file.imports.length > 0 && /^[\s;]*$/.test(rest);
    })
    .map((file) => `${file.path}:1: only passes names on (a barrel); import from where they are`);
  return { problems, seen: `${files.length} files` };
}
