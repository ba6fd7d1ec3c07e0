import { StringDecoder } from "node:string_decoder";
import { printableLines } from "../core/wire/printable.ts";

/** Complete control sequences: CSI, OSC and other strings up to their terminator, single escapes (ECMA-48). */
const SEQUENCE =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[ -/]*[0-~]|[\u0080-\u009f]/g;
/** The beginning of a sequence at the end of a piece: kept for the next one, up to a bound. */
const OPEN = /(?:\r|\u001b(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b]*\u001b?|[ -/]*)?)$/;
const LONGEST_OPEN = 4096;

/**
 * A function that takes what an agent printed, piece by piece, and answers what a terminal may be shown of it: the text
 * without control sequences, other unprintable characters escaped.
 */
export function terminalText(): (piece: Buffer) => string {
  const decoder = new StringDecoder("utf8");
  let held = "";
  return (piece) => {
    let text = held + decoder.write(piece);
    held = "";
    const open = OPEN.exec(text);
    if (open !== null && text.length - open.index <= LONGEST_OPEN) {
      held = text.slice(open.index);
      text = text.slice(0, open.index);
    }
    const plain = text.replace(SEQUENCE, "").replaceAll("\r\n", "\n").replaceAll("\r", "\n");
    return printableLines(plain, Number.POSITIVE_INFINITY);
  };
}
