import { parseStrictJson } from "../wire/strict-json.ts";

/** One finding of gitleaks, without the secret. */
export interface GitleaksFinding {
  readonly rule: string;
  readonly commit: string;
  readonly path: string;
  readonly line: number;
}

export type GitleaksReading =
  | { readonly ok: true; readonly findings: readonly GitleaksFinding[] }
  /** It cannot be said that all was read; `tooMuch`: less at a time can be. */
  | { readonly ok: false; readonly why: string; readonly tooMuch: boolean };

/** Its exit code for findings: 1 would also be an error (gitleaks 8.30.1, cmd/root.go). */
const GITLEAKS_FOUND = 42;

/** What `gitleaks version` may say: its flags and its report are known for these. */
export const GITLEAKS_VERSION = /^v?8\.30\.\d+$/;

/** What a finding of gitleaks is called: this, and the id of its rule. */
export const GITLEAKS_NAME = "gitleaks-";

/** Rule that finds the end mark and nothing else. */
const END_RULE = "bot-bottle-end";

/**
 * Its configuration, which is the gate's own: the rules that it brings, and the one for the end mark. Off are those that
 * take any irregular value beside a word such as `key` for a secret, or the samples of every documentation for real ones:
 * our own engine looks for these and tells them apart (attack row 119).
 */
export const GITLEAKS_CONFIG = `title = "bot-bottle"

[extend]
useDefault = true
disabledRules = ["generic-api-key", "jwt", "private-key", "slack-webhook-url", "stripe-access-token"]

[[rules]]
id = "${END_RULE}"
description = "the end of what is to be read"
regex = '''${END_RULE}-[0-9a-f]{40}'''
keywords = ["${END_RULE}"]
`;

/** Arguments for all that `tips` lead to and no ref does; `source` is a bare repository, `empty` a folder without files. */
export function gitleaksArguments(
  tips: readonly string[],
  place: { readonly config: string; readonly empty: string; readonly source: string; readonly seconds: number },
): readonly string[] {
  // It splits this at blanks, and there is no shell: object ids only.
  const range = ["--diff-merges=first-parent", ...tips, "--not", "--all"].join(" ");
  return [
    ...["git", "--no-banner", "--no-color", "--log-level=warn", "--redact=100", "--config", place.config],
    ...["--gitleaks-ignore-path", place.empty, "--ignore-gitleaks-allow", "--exit-code", String(GITLEAKS_FOUND)],
    ...["--report-format", "json", "--report-path", "-", "--max-decode-depth", "5", "--timeout", String(place.seconds)],
    ...["--platform", "none", `--log-opts=${range}`, place.source],
  ];
}

/**
 * A commit in the words of `git log -p` that the end rule finds, for behind the last real one. Gitleaks ends with 0, or
 * without a finding, also where its git failed or where it could not read on (attack row 116): only with this one
 * found has it read everything. `mark` is new for each push, so that no commit of an agent can stand for it.
 */
export function gitleaksEnd(mark: string): string {
  return `
commit ${mark}
Author: gate <gate@localhost>
Date:   Thu Jan 1 00:00:00 1970 +0000

    end

diff --git a/end b/end
new file mode 100644
index 0000000..1111111
--- /dev/null
+++ b/end
@@ -0,0 +1 @@
+${END_RULE}-${mark}
`;
}

/** Reads how gitleaks ended and what it reported; `complaints` is what it said on stderr. */
export function readGitleaks(code: number, report: Uint8Array, complaints: string, mark: string): GitleaksReading {
  const unclear = (why: string): GitleaksReading => ({ ok: false, why, tooMuch: false });
  if (code !== GITLEAKS_FOUND) return unclear(`gitleaks ended with ${code}`);
  const json = parseStrictJson(report);
  if (!json.ok || !Array.isArray(json.value)) return unclear("gitleaks gave a report that cannot be read");
  const findings: GitleaksFinding[] = [];
  let ended = false;
  for (const entry of json.value as readonly unknown[]) {
    const finding = readFinding(entry);
    if (finding === null) return unclear("gitleaks gave a report that cannot be read");
    if (finding.rule === END_RULE && finding.commit === mark) ended = true;
    // The words of the rule in somebody's file say nothing.
    else if (finding.rule !== END_RULE) findings.push(finding);
  }
  if (findings.length > 0) return { ok: true, findings };
  if (!ended) return unclear("gitleaks did not read to the end");
  // Complaints of its git are written there, and change no exit code.
  if (complaints.replace(/^.*\bWRN\b.*leaks found: \d+.*$/gm, "").trim() !== "") {
    return unclear("gitleaks met what it could not read");
  }
  return { ok: true, findings: [] };
}

function readFinding(entry: unknown): GitleaksFinding | null {
  if (typeof entry !== "object" || entry === null) return null;
  const { RuleID: rule, Commit: commit, File: path, StartLine: line } = entry as Readonly<Record<string, unknown>>;
  if (typeof rule !== "string" || !/^[a-z0-9][a-z0-9-]{0,50}$/.test(rule)) return null;
  if (typeof commit !== "string" || !/^[0-9a-f]{40,64}$/.test(commit)) return null;
  if (typeof path !== "string" || typeof line !== "number" || !Number.isInteger(line)) return null;
  return { rule, commit, path, line };
}
