import { BottleError } from "../../core/model/errors.ts";
import type { Concern } from "../../core/model/work.ts";
import { printable } from "../../core/wire/printable.ts";

export interface Consent {
  /** Paths that were accepted beforehand; one that ends with `/` is a folder. */
  readonly accept: readonly string[];
  readonly acceptAll: boolean;
  /** Asks on the terminal; null where nobody can be asked. */
  readonly ask: ((question: string) => Promise<string>) | null;
}

/**
 * Asks for each concern that was not accepted beforehand; anything but a yes refuses the whole. `shown` is the path as
 * people see it. Errors: WORK_UNACCEPTED, which lists what is open.
 */
export async function askConsent(
  concerns: readonly (Concern & { readonly shown: string })[],
  { accept, acceptAll, ask }: Consent,
): Promise<void> {
  if (acceptAll) return;
  const accepted = (path: string) =>
    accept.some((given) => given === path || (given.endsWith("/") && path.startsWith(given)));
  const open = concerns.filter(({ shown }) => !accepted(shown));
  if (open.length === 0) return;
  if (ask === null) throw unaccepted(open);
  for (const concern of open) {
    const answer = await ask(`${printable(concern.shown, 300)}: ${concern.reason}. Let it in? [y/N/a(ll)] `);
    const word = answer.trim().toLowerCase();
    if (word === "a" || word === "all") return;
    if (word !== "y" && word !== "yes") throw unaccepted([concern]);
  }
}

function unaccepted(open: readonly (Concern & { readonly shown: string })[]): BottleError {
  const lines = open.slice(0, 50).map(({ shown, reason }) => `\n  ${printable(shown, 300)}: ${reason}`);
  const more = open.length > 50 ? `\n  and ${open.length - 50} more` : "";
  return new BottleError(
    "WORK_UNACCEPTED",
    `nothing was changed, as these were not accepted:${lines.join("")}${more}`,
    {
      hint: "read them with bottle diff NAME PATH..., then --accept PATH for each (--accept FOLDER/), or --accept-all",
    },
  );
}
