import { z } from "zod";
import {
  ACTION_NAMES,
  KEY_ACTIONS,
  type KeyAction,
  type KeyPlace,
  keymapProblems,
  keyProblem,
} from "../dashboard-keys.ts";
import { judged } from "./words.ts";

const keys = z.array(judged(keyProblem)).max(8).optional();

const PLACES: Readonly<Record<KeyPlace, string>> = { list: "the list", card: "a card", page: "a page" };

/** Where a key does it. */
function placesOf(name: KeyAction): string {
  return `In ${KEY_ACTIONS[name].in.map((place) => PLACES[place]).join(", ")}.`;
}

/** How the dashboard is used. */
export const dashboard = z.strictObject({
  keys: z
    .strictObject(
      Object.fromEntries(
        ACTION_NAMES.map((name) => [
          name,
          keys.describe(`${placesOf(name)} Default: ${KEY_ACTIONS[name].keys.map((key) => `\`${key}\``).join(", ")}.`),
        ]),
      ) as Record<KeyAction, typeof keys>,
    )
    .superRefine((own, context) => {
      for (const { action, message } of keymapProblems(own)) {
        context.addIssue({ code: "custom", path: [action], message });
      }
    })
    .optional()
    .describe(
      "Keys in place of the defaults, by what they do: one character, `ctrl-` and a letter, or a name such as `enter` or `pagedown`. `[]`: none. `esc` and `ctrl-c` stay what they are.",
    ),
  mouse: z
    .boolean()
    .optional()
    .describe(
      "A click selects, a double click attaches, the wheel scrolls; the terminal's own selection then takes Shift. Default: true.",
    ),
});
