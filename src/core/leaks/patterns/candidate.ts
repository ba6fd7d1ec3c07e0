import { hash } from "node:crypto";
import type { TokenFormat } from "../token-format.ts";
import { classTable } from "./boundary.ts";
import { checkOf } from "./checks.ts";
import { isPlaceholder } from "./placeholders.ts";

/** A format made ready for bytes. */
export interface CompiledFormat {
  readonly id: string;
  /** Its number among those of one set. */
  readonly index: number;
  readonly pattern: RegExp;
  readonly minBytes: number;
  readonly maxBytes: number;
  /** Every occurrence is of one length: what follows it can be looked at first. */
  readonly isFixed: boolean;
  /** What stands before a keyword: its class, one entry for each byte, and its length at most. */
  readonly lead: { readonly of: Uint8Array; readonly max: number };
  /** Of the class that an occurrence consists of, one entry for each byte; null: of anything. */
  readonly alphabet: Uint8Array | null;
  readonly left: Uint8Array;
  readonly right: Uint8Array;
  readonly body: Uint8Array | null;
  /** A URL with a password. */
  readonly isUrl: boolean;
  readonly accepts: (token: string) => boolean;
  readonly fingerprint: (token: string) => string;
}

/** A token in a window: from `start` up to `end` of it. */
export interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly fingerprint: string;
  /** It fills `maxBytes` and goes on. */
  readonly long: boolean;
}

export function compileFormat(format: TokenFormat, index: number): CompiledFormat {
  const check = format.check === null ? () => true : checkOf(format.check);
  const identity = format.check === "pem-body" ? keyIdentity : (token: string) => token;
  return {
    id: format.id,
    index,
    pattern: new RegExp(format.pattern.source, `${format.pattern.flags.replaceAll(/[gyd]/g, "")}y`),
    minBytes: format.minBytes,
    maxBytes: format.maxBytes,
    isFixed: format.minBytes === format.maxBytes,
    lead: { of: classTable(format.lead?.of ?? ""), max: format.lead?.max ?? 0 },
    alphabet: format.alphabet === null ? null : classTable(format.alphabet),
    left: classTable(format.left),
    right: classTable(format.right),
    body: format.body === null ? null : classTable(format.body),
    isUrl: format.keywords.every((keyword) => keyword.endsWith("://")),
    accepts: (token) => !isPlaceholder(token) && check(token),
    fingerprint: (token) => fingerprintOf(format.id, identity(token)),
  };
}

/** Looks for an occurrence at the beginning of a window, which is one byte longer than the longest there can be. */
export function matchWindow(format: CompiledFormat, window: string): Candidate | null {
  format.pattern.lastIndex = 0;
  const match = format.pattern.exec(window);
  if (match === null) return null;
  const whole = match[0].length;
  const long = whole > format.maxBytes;
  if (long && format.body === null) return null;
  const end = long ? format.maxBytes : whole;
  if (!long && end < window.length && format.right[window.charCodeAt(end)] === 1) return null;
  const start = match[1] === undefined ? 0 : whole - match[1].length;
  const token = window.slice(start, end);
  return format.accepts(token) ? { start, end, fingerprint: format.fingerprint(token), long } : null;
}

function fingerprintOf(id: string, token: string): string {
  return hash("sha256", Buffer.from(`${id}\0${token}`, "latin1"), "hex").slice(0, 16);
}

/** Of a key block, the first digits, however its lines are broken: 96 bytes tell any two keys apart. */
function keyIdentity(block: string): string {
  const lines = block.replaceAll(/\\+[nrt]/g, "\n").split("\n");
  const digits = lines.flatMap((line) => line.match(/[A-Za-z0-9+/]{40,}/g) ?? []);
  return digits.join("").slice(0, 128);
}
