import type { Inside } from "../../core/model/setup.ts";
import { envProblem } from "../../core/plan/environment.ts";
import { fieldsOf } from "../../core/plan/fields.ts";
import { holdsDocumentedSecret, isSecretName, looksLikeSecret } from "../../core/plan/secret-shape.ts";
import { printable } from "../../core/wire/printable.ts";
import { guestText, pathOutside } from "./host-paths.ts";

/** What is let in of one file, and what is not, a sentence each; never a value. */
export interface Judged {
  readonly value: Readonly<Record<string, unknown>>;
  readonly leftOut: readonly string[];
}

/**
 * Keys of settings.json that mean the same in a bottle. A list of what goes in: what names a program for credentials
 * (`apiKeyHelper`, `awsAuthRefresh`), a login or a plug-in, and every key of a later version, stays out. Permissions of
 * the host make no sense where the bottle is what holds the agent; what they deny is kept.
 */
const PLAIN_KEYS: readonly string[] = [
  ...["model", "fallbackModel", "effortLevel", "alwaysThinkingEnabled", "fastMode", "maxThinkingTokens"],
  ...["language", "outputStyle", "agent", "theme", "editorMode", "viewMode", "verbose", "spinnerTipsEnabled"],
  ...[
    "spinnerVerbs",
    "prefersReducedMotion",
    "showTurnDuration",
    "terminalProgressBarEnabled",
    "showThinkingSummaries",
  ],
  ...["respectGitignore", "includeCoAuthoredBy", "includeGitInstructions", "attribution", "plansDirectory"],
  ...["autoMemoryEnabled", "cleanupPeriodDays", "disableAllHooks", "claudeMdExcludes", "skillOverrides"],
];
/** Variables that choose another provider, place or login; the bottle has its own. */
const OWN_VARIABLES =
  /^(?:ANTHROPIC_(?!MODEL$|DEFAULT_|SMALL_FAST_MODEL$)|AWS_|GOOGLE_|VERTEX_|CLOUD_ML_|CLAUDE_CODE_USE_|CLAUDE_CODE_SKIP_.*AUTH|CLAUDE_CODE_OAUTH|CLAUDE_CODE_CLIENT_|CLAUDE_CODE_API_KEY|CLAUDE_CONFIG_DIR$|OTEL_|LD_|PATH$|HOME$|TMPDIR$|XDG_)/;

/** The operator's settings.json as an agent in a bottle may have it. Answers whatever stands in `found`. */
export function judgeSettings(found: unknown, inside: Inside): Judged {
  const settings = fieldsOf(found);
  const kept: Record<string, unknown> = {};
  const leftOut: string[] = [];
  const drop = (key: string, why: string) => leftOut.push(`settings: ${shownName(key)}: ${why}`);
  for (const [key, value] of Object.entries(settings)) {
    if (key === "env") {
      const env = judgeEnv(fieldsOf(value), inside, (name, why) => drop(`env ${shownName(name)}`, why));
      if (Object.keys(env).length > 0) kept.env = env;
    } else if (key === "hooks") {
      const hooks = judgeHooks(fieldsOf(value), inside, drop);
      if (Object.keys(hooks).length > 0) kept.hooks = hooks;
    } else if (key === "statusLine" || key === "fileSuggestion") {
      const judged = judgeCommand(value, inside);
      if (judged.ok) kept[key] = judged.value;
      else drop(key, judged.why);
    } else if (key === "permissions") {
      const { deny, ...rest } = fieldsOf(value);
      if (Array.isArray(deny)) kept.permissions = { deny: deny.filter(isSafeText) };
      for (const other of Object.keys(rest)) drop(`permissions.${other}`, "the bottle is what holds the agent");
    } else if (!PLAIN_KEYS.includes(key)) drop(key, "not a setting that means something in a bottle");
    else if (holdsSecret(value)) drop(key, "looks like a secret");
    else kept[key] = value;
  }
  return { value: kept, leftOut };
}

function judgeEnv(
  env: Readonly<Record<string, unknown>>,
  { variables }: Inside,
  drop: (name: string, why: string) => void,
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const [name, given] of Object.entries(env)) {
    const value = typeof given === "number" || typeof given === "boolean" ? String(given) : given;
    if (typeof value !== "string") drop(name, "not text");
    else if (variables.includes(name) || OWN_VARIABLES.test(name)) drop(name, "the bottle has its own");
    else if (isSecretName(name) || looksLikeSecret(value)) drop(name, "looks like a secret");
    else {
      const problem = envProblem(name, { value, expose: true });
      if (problem === null) kept[name] = value;
      else drop(name, problem);
    }
  }
  return kept;
}

type Drop = (key: string, why: string) => void;

/** Each event has matchers, each matcher a list of hooks; a hook that cannot work or holds a secret is taken out alone. */
function judgeHooks(
  hooks: Readonly<Record<string, unknown>>,
  inside: Inside,
  drop: Drop,
): Readonly<Record<string, unknown>> {
  const events = Object.entries(hooks).map(([event, matchers]) => {
    const kept = listOf(matchers).flatMap((matcher) => {
      const { hooks: inner, ...rest } = fieldsOf(matcher);
      const sound = listOf(inner).flatMap((hook) => {
        const judged = judgeCommand(hook, inside);
        if (!judged.ok) drop(`hook of ${event}`, judged.why);
        return judged.ok ? [judged.value] : [];
      });
      return sound.length === 0 ? [] : [{ ...rest, hooks: sound }];
    });
    return [event, kept] as const;
  });
  return Object.fromEntries(events.filter(([, matchers]) => matchers.length > 0));
}

type JudgedCommand = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

/** Something that runs a command inside: its paths are those of the bottle, and none leads to what is not there. */
function judgeCommand(value: unknown, inside: Inside): JudgedCommand {
  const fields = fieldsOf(value);
  if (fields.type !== "command" || typeof fields.command !== "string") {
    return { ok: false, why: "not a command that runs inside" };
  }
  if (holdsSecret(fields)) return { ok: false, why: "looks like a secret" };
  const command = guestText(fields.command, inside);
  const outside = pathOutside(command, inside);
  if (outside !== null) return { ok: false, why: `names ${outside}, which is not in the bottle` };
  return { ok: true, value: { ...fields, command } };
}

/** True when a text anywhere in `value` looks like a secret, or a key says that its value is one. */
export function holdsSecret(value: unknown): boolean {
  if (typeof value === "string") return looksLikeSecret(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(
    ([key, inner]) => looksLikeSecret(key) || (typeof inner === "string" && isSecretName(key)) || holdsSecret(inner),
  );
}

function isSafeText(value: unknown): value is string {
  return typeof value === "string" && !looksLikeSecret(value);
}

/** A key or a name in a message, escaped; one that itself looks like a secret is not said. */
export function shownName(name: string): string {
  return holdsDocumentedSecret(name) ? "(a name that looks like a secret)" : printable(name, 80);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
