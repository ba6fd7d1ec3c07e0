import type { AgentState } from "../model/activity.ts";
import { createJsonLeaves } from "../wire/json-leaves.ts";
import { TOOL_RUNS } from "./activity.ts";
import { LONGEST_WORDS } from "./activity-format.ts";

/** What an event of an agent's hooks says of it: a claim, which decides nothing. */
export interface HookWord {
  readonly state: AgentState;
  /** At most 200 characters, with the agent's own words in it. */
  readonly what: string;
  /** A person, or a prompt, began another turn. */
  readonly turn: boolean;
}

/** Reads the body of one hook's request as it comes. */
export interface HookReader {
  /** Never throws. */
  push(bytes: Uint8Array): void;
  /** null: it is no event that says anything. */
  end(): HookWord | null;
}

/** Keys of the event that are looked at; all of them come before what a tool printed. */
const KEYS = ["hook_event_name", "tool_name", "notification_type", "reason", "error"];
/** Of tools that ask the person something. */
const ASKING: Readonly<Record<string, string>> = {
  AskUserQuestion: "asks you a question",
  ExitPlanMode: "shows you a plan",
};
const NOTIFICATIONS = new Map<string, readonly [AgentState, string]>([
  ["permission_prompt", ["needs-you", "asks for a permission"]],
  ["elicitation_dialog", ["needs-you", "a server of its tools asks you something"]],
  ["agent_needs_input", ["needs-you", "an agent of its own needs you"]],
  ["idle_prompt", ["idle", "waits for what you say next"]],
]);

/** Of Claude Code (docs.claude.com, Hooks); Codex and Gemini name their events alike. Of a key that is twice, the first counts. */
export function createHookReader(): HookReader {
  const found = new Map<string, string>();
  const reader = createJsonLeaves(new Set(KEYS), (key, value) => {
    if (typeof value === "string" && !found.has(key)) found.set(key, value.slice(0, 60));
  });
  return {
    push: (bytes) => reader.push(bytes),
    end: () => {
      const event = found.get("hook_event_name");
      if (event === undefined) return null;
      const word = wordOf(event, (key) => found.get(key) ?? "");
      return word === null ? null : { ...word, what: word.what.slice(0, LONGEST_WORDS) };
    },
  };
}

function wordOf(event: string, field: (key: string) => string): HookWord | null {
  const said = (state: AgentState, what: string, turn = false): HookWord => ({ state, what, turn });
  const tool = field("tool_name") || "a tool";
  switch (event) {
    case "UserPromptSubmit":
      return said("working", "was told what to do", true);
    case "PreToolUse":
      if (Object.hasOwn(ASKING, tool)) return said("needs-you", ASKING[tool] ?? "");
      return said("working", `${TOOL_RUNS}${tool}`);
    case "PostToolUse":
    case "PostToolUseFailure":
      return said("working", `has run ${tool}`);
    case "PermissionRequest":
      return said("needs-you", `asks whether it may run ${tool}`);
    case "Notification": {
      const told = NOTIFICATIONS.get(field("notification_type"));
      return told === undefined ? null : said(...told);
    }
    case "Stop":
      return said("idle", "its turn is over");
    case "StopFailure":
      return said("failed", `its turn failed: ${field("error") || field("reason") || "no reason given"}`);
    case "SessionEnd":
      return field("reason") === "clear"
        ? said("idle", "its conversation was cleared")
        : said("done", "its session ended");
    default:
      return null;
  }
}
