import { z } from "zod";
import { ACTION_NAMES, type KeyAction, keymapProblems, keyProblem } from "../dashboard-keys.ts";
import { judged } from "./words.ts";

const keys = z.array(judged(keyProblem)).max(8).optional();

/** How the dashboard is used. */
export const dashboard = z.strictObject({
  keys: z
    .strictObject(
      Object.fromEntries(
        ACTION_NAMES.map((name) => [name, keys.describe(`Keys of \`${name}\`; \`[]\`: none.`)]),
      ) as Record<KeyAction, typeof keys>,
    )
    .superRefine((own, context) => {
      for (const { action, message } of keymapProblems(own)) {
        context.addIssue({ code: "custom", path: [action], message });
      }
    })
    .optional()
    .describe(
      "Keys in place of the defaults, by what they do: one character, `ctrl-` and a letter, or a name such as `enter` or `pagedown`. `esc` and `ctrl-c` stay what they are.",
    ),
  mouse: z
    .boolean()
    .optional()
    .describe(
      "A click selects, a double click attaches, the wheel scrolls; the terminal's own selection then takes Shift. Default: true.",
    ),
});
