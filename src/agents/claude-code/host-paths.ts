import type { Inside } from "../../core/model/setup.ts";
import { printable } from "../../core/wire/printable.ts";

/** Below the home folder: scripts of hooks, which come along with the settings. */
export const HOOKS_FOLDER = ".claude/hooks";

/** `text` with the host's paths of what comes along replaced by those in the bottle. */
export function guestText(text: string, { hostHome, home, workspace }: Inside): string {
  return text
    .replaceAll(`${workspace.host}/`, `${workspace.guest}/`)
    .replaceAll(`${hostHome}/${HOOKS_FOLDER}/`, `${home}/${HOOKS_FOLDER}/`);
}

/**
 * The first path in `text` (as `guestText` left it) of the operator's home that does not come along, or null. What is
 * not below the home is a path of the system, which bottles show as far as they show any.
 */
export function pathOutside(text: string, { hostHome, home, workspace }: Inside): string | null {
  for (const [path = ""] of text.matchAll(/(?:~|\$HOME|\$\{HOME\}|\/)[^\s"';|&<>()]*/g)) {
    const named = path.replace(/^(?:~|\$HOME|\$\{HOME\})(?=\/|$)/, home);
    const inHome = named === home || named.startsWith(`${home}/`);
    if (inHome && path.startsWith(home)) continue;
    if (inHome && named.startsWith(`${home}/${HOOKS_FOLDER}/`)) continue;
    if (named.startsWith(`${workspace.guest}/`)) continue;
    if (inHome || named === hostHome || named.startsWith(`${hostHome}/`)) return printable(path, 120);
  }
  return null;
}
