/** Events that say what the agent does. SessionStart is not sent over HTTP (2.1.197). */
const EVENTS = [
  "UserPromptSubmit",
  "PreToolUse",
  "PostToolUse",
  "PostToolUseFailure",
  "PermissionRequest",
  "Notification",
  "Stop",
  "StopFailure",
  "SessionEnd",
] as const;
/** Seconds; an answer comes at once, and the agent waits for it. */
const TIMEOUT = 5;

/** The settings that have Claude Code post its events to `url`: a hook there decides nothing. */
export function hookSettings(url: string): string {
  const hooks = [{ type: "http", url, timeout: TIMEOUT }];
  return `${JSON.stringify({ hooks: Object.fromEntries(EVENTS.map((event) => [event, [{ hooks }]])) }, null, 2)}\n`;
}
