import { type CheckResult, lineAt, type ParsedFile } from "./source.ts";

const PURE_ROOMS = ["src/core/", "src/agents/", "src/credentials/"];

/** What pure rooms may import from outside; null: every name. */
const PURE_IMPORTS: Readonly<Record<string, readonly string[] | null>> = {
  zod: null,
  "node:crypto": ["createHash", "createHmac", "hash", "timingSafeEqual"],
  "node:net": ["BlockList", "isIP", "isIPv4", "isIPv6"],
};

/** Single exceptions, with the reason. */
const PURE_EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  // A secret hides itself from util.inspect.
  "src/core/model/secret.ts": ["node:util"],
};

/** Globals that read the clock, the machine or chance, or that act on the world. */
const IMPURE =
  /\b(?:process\s*\.|Date\s*\.\s*now\b|new\s+Date\s*\(\s*\)|Math\s*\.\s*random\b|performance\s*\.|(?:set|clear)(?:Timeout|Interval|Immediate)\s*\(|fetch\s*\(|console\s*\.|(?:globalThis\s*\.\s*)?crypto\s*\.\s*(?:get|random|subtle)|globalThis\b|require\s*\(|eval\s*\()/g;

/** core, agents and credentials compute and do nothing else: no I/O, no clock, no chance. */
export function checkPurity(files: readonly ParsedFile[]): CheckResult {
  const pure = files.filter((file) => PURE_ROOMS.some((room) => file.path.startsWith(room)));
  const problems: string[] = [];
  for (const file of pure) {
    for (const { specifier, names, line } of file.imports) {
      if (specifier.startsWith(".") || PURE_EXCEPTIONS[file.path]?.includes(specifier)) continue;
      const allowed = PURE_IMPORTS[specifier];
      if (allowed === undefined) {
        problems.push(`${file.path}:${line}: a pure room must not import ${specifier}`);
        continue;
      }
      if (allowed === null) continue;
      const imported = names
        .replace(/^type\s/, "")
        .replace(/[{}]/g, "")
        .split(",");
      for (const name of imported.map((part) =>
        part
          .trim()
          .replace(/^type /, "")
          .replace(/ as .*/, ""),
      )) {
        if (name !== "" && !allowed.includes(name)) {
          problems.push(`${file.path}:${line}: a pure room must not use ${name} of ${specifier}`);
        }
      }
    }
    for (const match of file.code.matchAll(IMPURE)) {
      problems.push(`${file.path}:${lineAt(file.text, match.index)}: a pure room must not use ${match[0].trim()}`);
    }
  }
  return { problems, seen: `${pure.length} files` };
}

/** Programs of their own, started by path: they own their process. Everything else leaves it to `cli/main.ts`. */
const PROGRAMS = ["src/cli/main.ts", "src/sidecar/main.ts", "src/backends/smolmachines/resize-bridge.ts"];

const PROCESS_OWNER =
  /\bprocess\s*\.\s*(?:exit\b|exitCode\b|argv\b|abort\b|reallyExit\b|on\s*\(|once\s*\(|addListener\s*\(|kill\s*\(\s*process\s*\.\s*pid)/g;

/** Only the program's own entry exits, reads argv or listens for signals and uncaught errors. */
export function checkProcess(files: readonly ParsedFile[], programs: readonly string[] = PROGRAMS): CheckResult {
  const problems: string[] = [];
  for (const file of files) {
    if (programs.includes(file.path)) continue;
    for (const match of file.code.matchAll(PROCESS_OWNER)) {
      problems.push(
        `${file.path}:${lineAt(file.text, match.index)}: only ${programs.join(", ")} may use ${match[0].trim()}`,
      );
    }
  }
  return { problems, seen: `${files.length} files, ${programs.length} programs` };
}

/** Files that may open a secret: where it is applied to a request or compared with something. */
const REVEALERS: readonly string[] = [
  // Compares: streams and texts are searched for it.
  "src/core/leaks/needles.ts",
  "src/core/leaks/plain.ts",
  // Compares: a variable that is copied into the bottle must not be one.
  "src/core/plan/secret-shape.ts",
  "src/session/guest-env.ts",
  // Compares: was it renewed?
  "src/gateway/snapshot.ts",
  "src/session/held-secrets.ts",
  // Hands over: to the sidecar that applies it.
  "src/session/remote-services/service-start.ts",
  // Applies: the key file of one ssh, which has no name.
  "src/gitgate/ssh-key.ts",
  // Applies: signs what a GitHub App logs in with.
  "src/gitgate/minting/app-jwt.ts",
  // Applies: written into its slot of a request.
  "src/credentials/scheme.ts",
];

/** `reveal()` stands only in the files of the list above, so that each new place is a decision. */
export function checkReveal(files: readonly ParsedFile[], revealers: readonly string[] = REVEALERS): CheckResult {
  const problems: string[] = [];
  let calls = 0;
  for (const file of files) {
    for (const match of file.code.matchAll(/\.\s*reveal\b/g)) {
      calls++;
      if (revealers.includes(file.path)) continue;
      problems.push(
        `${file.path}:${lineAt(file.text, match.index)}: opens a secret; see REVEALERS in scripts/check/purity.ts`,
      );
    }
  }
  return { problems, seen: `${files.length} files, ${calls} calls` };
}
