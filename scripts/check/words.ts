import { type CheckResult, lineAt, type ParsedFile, type SourceFile } from "./source.ts";

/** Names of backends; only `backends/` (with the list of built-ins) may decide by them. */
const BACKENDS = ["bubblewrap", "docker", "podman", "smolmachines", "kubernetes"];

/** No code outside `backends/` compares with or branches on a backend's name: capabilities are data. */
export function checkBackendNames(files: readonly ParsedFile[]): CheckResult {
  const outside = files.filter((file) => !file.path.startsWith("src/backends/"));
  const problems = outside.flatMap((file) =>
    file.literals
      .filter(({ value }) => BACKENDS.includes(value))
      .map(({ value, line }) => `${file.path}:${line}: names the backend "${value}"; ask its capabilities instead`),
  );
  return { problems, seen: `${outside.length} files` };
}

// Written in pieces, so that this file does not find itself.
const WORDS: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: new RegExp(`\\b(?:TO${"DO"}|FIX${"ME"}|X${"XX"}|HA${"CK"})\\b`, "g"), why: "a marker of unfinished work" },
  { pattern: new RegExp(`(?<![\\w.])/wo${"rk"}/[a-z]`, "g"), why: "a path of one machine" },
  { pattern: new RegExp(`(?<![\\w.])/ro${"ot"}/\\.(?:cache|npm|config|local)`, "g"), why: "a path of one machine" },
  { pattern: new RegExp(`"resolved": "${"http"}`, "g"), why: "a registry's address in a lockfile" },
  { pattern: /^(?:<{7}|>{7}) /gm, why: "a merge conflict" },
  {
    pattern: /[\u202a-\u202e\u2066-\u2069]/g,
    why: "an invisible direction mark (attack: text that reads otherwise than it runs)",
  },
];

/**
 * Tracked text holds no markers of unfinished work, paths of one machine (`machine` lists more of them, such as the
 * checkout's own), registry addresses or hidden characters.
 */
export function checkWords(files: readonly SourceFile[], machine: readonly string[] = []): CheckResult {
  const paths = machine.map((path) => ({
    pattern: new RegExp(`${path.replace(/[^\w/]/g, "\\$&")}(?![\\w-])`, "g"),
    why: "a path of this machine",
  }));
  const problems = files.flatMap((file) =>
    [...WORDS, ...paths].flatMap(({ pattern, why }) =>
      [...file.text.matchAll(pattern)].map(
        (match) => `${file.path}:${lineAt(file.text, match.index)}: ${why}: ${match[0]}`,
      ),
    ),
  );
  return { problems, seen: `${files.length} files` };
}
