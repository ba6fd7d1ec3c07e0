import type { Outlet } from "../host/relay.ts";
import { terminalText } from "./terminal-text.ts";

/** What is printed inside, on its way to a stream of ours: as it is into a file or pipe, escaped for a terminal (attack row 129). */
export function outlet(to: NodeJS.WritableStream, isTerminal: boolean, readerGone: Outlet["readerGone"]): Outlet {
  return { to, each: isTerminal ? terminalText() : (piece) => piece, readerGone };
}
