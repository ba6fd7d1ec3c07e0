import { printable } from "../printable.ts";

/** What a program inside may do with the operator's clipboard (OSC 52): nothing, set it after a yes, or set it. */
export type Clipboard = "off" | "ask" | "on";

export interface OutputRules {
  readonly clipboard: Clipboard;
  /** With `ask`: what it wants to set it to, in base64; nothing of it goes on. */
  readonly onCopy?: (base64: string) => void;
  /** May it show one more notification now? Absent: never. */
  readonly mayNotify?: () => boolean;
}

/** Longest control sequence (CSI). */
export const LONGEST_CSI = 256;
/** Longest title, link, text for the clipboard; and whatever else is kept until its end. */
const LONGEST = { title: 1024, link: 4096, copy: 1 << 20, other: 16 << 10 } as const;
const TITLE_SHOWN = 200;

/** Bytes of a text of one byte a character. */
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Window operations that only ask for sizes, or keep the title. */
const WINDOW = /^(?:14|15|16|18|19|2[23])(?:;[\d;]*)?$/;

/** Does a control sequence go on? `parameters` are all its bytes before the final one. */
export function passesCsi(parameters: string, final: string): boolean {
  // To a printer.
  if (final === "i") return false;
  // Reports of titles come back as typed text; others move or resize the window.
  if (final === "t" && !/[ -/]$/.test(parameters)) return /^[<=>?]/.test(parameters) || WINDOW.test(parameters);
  return true;
}

/** How many bytes of a string are kept until its end is there; `open`: its beginning. */
export function bound(kind: number, open: readonly number[]): number {
  if (kind !== 0x5d) return LONGEST.other;
  const command = /^(\d+);/.exec(String.fromCharCode(...open.slice(0, 8)))?.[1];
  if (command === "52") return LONGEST.copy;
  return command === "8" ? LONGEST.link : command !== undefined && Number(command) <= 2 ? LONGEST.title : LONGEST.other;
}

/** What goes on of a string, without its beginning (`kind`: the byte behind ESC) and end; null: nothing. */
export function passesString(kind: number, content: Uint8Array, rules: OutputRules): Uint8Array | null {
  const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1");
  if (kind === 0x50) return /^(?:\$q[ -~]{0,8}|\+q[0-9a-fA-F;]*|=[12]s)$/.test(text) ? content : null;
  // A picture whose bytes are in the string itself: other ways make the terminal read files of its own machine.
  if (kind === 0x5f) {
    const direct =
      /^G[a-zA-Z0-9=,+-]*(?:;[A-Za-z0-9+/=]*)?$/.test(text) && !/[G,]t=[^d]/.test(text.split(";")[0] ?? "");
    return direct ? content : null;
  }
  const [, command = "", rest = ""] = /^(\d{1,4})(?:;([\s\S]*))?$/.exec(text) ?? [];
  switch (command) {
    case "0":
    case "1":
    case "2":
      return titled(`${command};`, rest);
    case "9":
      return /^4;\d(?:;\d{1,3})?$/.test(rest) ? content : notified("9;", rest, rules);
    case "777":
      return rest.startsWith("notify;") ? notified("777;notify;", rest.slice("notify;".length), rules) : null;
    // Links.
    case "8":
      return /^[ -~]*$/.test(text) ? content : null;
    // Colours, the pointer's shape, where a prompt begins.
    case "4":
    case "5":
    case "10":
    case "11":
    case "12":
    case "13":
    case "14":
    case "17":
    case "19":
    case "22":
    case "104":
    case "105":
    case "110":
    case "111":
    case "112":
    case "113":
    case "114":
    case "117":
    case "119":
    case "133":
      return /^[ -~]*$/.test(text) ? content : null;
    case "52":
      return copied(rest, content, rules);
    default:
      return null;
  }
}

function titled(before: string, latin1: string): Uint8Array {
  const shown = [...Buffer.from(latin1, "latin1").toString("utf8")].slice(0, TITLE_SHOWN).join("");
  // Escaped text is printable; what was escaped is left out, as nobody can read it in a title.
  const plain = [...shown].filter((character) => printable(character) === character).join("");
  return new Uint8Array(Buffer.from(`${before}${plain}`, "utf8"));
}

/**
 * A notification, which must not pass for one of ours, nor for a command of the terminal: to some `9;6` and `9;7` run
 * programs (ConEmu). Progress (`9;4`) shows no words; kitty's own (99) can make the terminal answer.
 */
function notified(before: string, latin1: string, { mayNotify }: OutputRules): Uint8Array | null {
  return mayNotify?.() === true ? titled(`${before}the agent says: `, latin1) : null;
}

/** Asking what is in the clipboard never goes on. */
function copied(rest: string, content: Uint8Array, { clipboard, onCopy }: OutputRules): Uint8Array | null {
  const [, base64] = /^[a-z0-9]{0,8};([A-Za-z0-9+/]*={0,2})$/.exec(rest) ?? [];
  if (base64 === undefined || clipboard === "off") return null;
  if (clipboard === "on") return content;
  if (base64 !== "") onCopy?.(base64);
  return null;
}
