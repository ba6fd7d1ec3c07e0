import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

/** A file of the repository, as the checks see it. */
export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** A string in the source, without its quotes; templates with substitutions are cut into their literal parts. */
export interface Literal {
  readonly value: string;
  readonly line: number;
}

export interface Import {
  readonly specifier: string;
  /** What stands between `import` and `from`; empty for bare and dynamic imports. */
  readonly names: string;
  readonly line: number;
}

/** A TypeScript file taken apart by `parse`. */
export interface ParsedFile extends SourceFile {
  /** The text with comments, strings, templates and regular expressions blanked; same length, same lines. */
  readonly code: string;
  readonly literals: readonly Literal[];
  readonly imports: readonly Import[];
}

/** One thing wrong, or the sum of what was looked at. */
export interface CheckResult {
  /** `path:line: what is wrong`, one each. Empty: the check passes. */
  readonly problems: readonly string[];
  /** What was looked at, with counts, so that a check that sees nothing shows. */
  readonly seen: string;
}

/** Every file that is tracked or new and not ignored, as git tells; binary files are left out. */
export function repositoryFiles(root: string): SourceFile[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const paths = [...new Set(listed.split("\0"))].filter((path) => path !== "").sort();
  return paths.flatMap((path) => {
    const full = join(root, path);
    // Deleted but still in the index, or a link: not a text of ours.
    if (!statSync(full, { throwIfNoEntry: false })?.isFile()) return [];
    const text = readFileSync(full, "utf8");
    return text.includes("\0") ? [] : [{ path, text }];
  });
}

/** The TypeScript files below a folder (`src/`), parsed. */
export function parsedFiles(files: readonly SourceFile[], folder: string): ParsedFile[] {
  return files.filter((file) => file.path.startsWith(folder) && file.path.endsWith(".ts")).map(parse);
}

/** Behind this a slash starts a regular expression; behind anything else it divides. */
const PATTERN_MAY_FOLLOW =
  /(?:^|[(,=:[!&|?{};+\-*%^~<>]|(?:^|[^\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|else|await|yield|do))$/;

/** Takes a file apart. A scanner, not a parser: it knows comments, strings, templates and regular expressions. */
export function parse(file: SourceFile): ParsedFile {
  const { text } = file;
  const code = [...text.replace(/[\s\S]/g, (char) => (char === "\n" ? "\n" : " "))];
  const literals: (Literal & { readonly start: number; readonly end: number })[] = [];
  let line = 1;
  let at = 0;
  let before = "";
  // One entry per open `${`: how many braces are open inside it.
  const substitutions: number[] = [];

  const advance = (to: number) => {
    for (; at < to; at++) if (text[at] === "\n") line++;
  };
  const keep = (char: string) => {
    code[at] = char;
    before = (before + char).slice(-12);
  };
  const string = (quote: string) => {
    const start = at;
    const startLine = line;
    let end = at + 1;
    let open = false;
    while (end < text.length && text[end] !== quote && (quote === "`" || text[end] !== "\n")) {
      if (quote === "`" && text.startsWith("${", end)) {
        open = true;
        break;
      }
      end += text[end] === "\\" ? 2 : 1;
    }
    literals.push({ value: text.slice(start + 1, end), line: startLine, start, end });
    advance(Math.min(text.length, end + (open ? 2 : 1)));
    if (open) substitutions.push(0);
    before = open ? "(" : '"';
  };

  while (at < text.length) {
    const char = text[at] ?? "";
    if (text.startsWith("//", at)) {
      const end = text.indexOf("\n", at);
      advance(end === -1 ? text.length : end);
    } else if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      advance(end === -1 ? text.length : end + 2);
    } else if (char === '"' || char === "'" || char === "`") {
      string(char);
    } else if (char === "/" && PATTERN_MAY_FOLLOW.test(before.trimEnd())) {
      advance(patternEnd(text, at));
      before = '"';
    } else if (char === "}" && substitutions.at(-1) === 0) {
      substitutions.pop();
      string("`");
    } else {
      const depth = substitutions.at(-1);
      if (depth !== undefined && char === "{") substitutions[substitutions.length - 1] = depth + 1;
      if (depth !== undefined && char === "}") substitutions[substitutions.length - 1] = depth - 1;
      if (/\s/.test(char)) {
        if (!before.endsWith(" ")) before += " ";
        if (char === "\n") line++;
      } else {
        keep(char);
      }
      at++;
    }
  }
  const blanked = code.join("");
  return {
    ...file,
    code: blanked,
    literals: literals.map(({ value, line: on }) => ({ value, line: on })),
    imports: importsOf(blanked, literals),
  };
}

/** Index behind a regular expression literal that starts at `at`. */
function patternEnd(text: string, at: number): number {
  let inClass = false;
  for (let end = at + 1; end < text.length && text[end] !== "\n"; end++) {
    if (text[end] === "\\") end++;
    else if (text[end] === "[") inClass = true;
    else if (text[end] === "]") inClass = false;
    else if (text[end] === "/" && !inClass) return end + 1;
  }
  return at + 1;
}

/** An import is a literal that the words `from`, `import` or `import(` stand directly before. */
function importsOf(code: string, literals: readonly (Literal & { readonly start: number })[]): Import[] {
  return literals.flatMap(({ value, line, start }) => {
    const lead = code.slice(Math.max(0, start - 4000), start);
    if (/\bimport\s*\(?\s*$/.test(lead)) return [{ specifier: value, names: "", line }];
    const named = /\b(?:import|export)\b([^;()=]*)\bfrom\s*$/.exec(lead);
    return named === null ? [] : [{ specifier: value, names: (named[1] ?? "").replace(/\s+/g, " ").trim(), line }];
  });
}

/** The repository path that a relative import names, or null for packages. */
export function importTarget(file: SourceFile, specifier: string): string | null {
  if (!specifier.startsWith(".")) return null;
  return posix.normalize(posix.join(posix.dirname(file.path), specifier));
}

/** Line number, from 1, of an index into a text. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
