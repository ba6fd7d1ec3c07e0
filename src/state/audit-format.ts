import { hash } from "node:crypto";
import type { AuditEvent } from "../core/model/audit.ts";

/** Place of a line in the chain. */
export interface AuditHead {
  readonly seq: number;
  /** SHA-256 as 64 hex digits. */
  readonly hash: string;
}

/** A line as read back. */
export interface AuditLine extends AuditHead {
  readonly time: string;
  readonly prev: string;
  readonly event: AuditEvent;
}

/** The head of an empty log. */
export const GENESIS: AuditHead = { seq: 0, hash: "0".repeat(64) };

/** Greatest length of one text field in UTF-16 units; what is longer is cut and says by how much (attack row 129). */
const MAX_FIELD = 4096;
const MAX_ITEMS = 64;
/** A line up to this length has no text that would be cut, and no list worth cutting. */
const SHORT_LINE = 1024;

/**
 * What JSON.stringify leaves as it is although it would move a cursor, reorder or hide text where a log is shown: DEL
 * and C1, bidirectional controls (CVE-2021-42574), zero-width characters, line separators, the byte order mark.
 */
const HIDDEN = /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/**
 * One log line, without newline: `{"seq","time","prev","event","hash"}`. The hash is over the very bytes of the line up
 * to the hash, so that verifying needs no second way of writing JSON. Pure ASCII escapes stand for what could fool a
 * reader; parsing gives the text back as it was.
 */
export function formatAuditLine(event: AuditEvent, time: Date, previous: AuditHead): { line: string; head: AuditHead } {
  const seq = previous.seq + 1;
  const line = { seq, time: time.toISOString(), prev: previous.hash, event };
  const plain = JSON.stringify(line);
  // Almost every line is short, and looking at each field costs more than all the rest.
  const json = plain.length <= SHORT_LINE ? plain : JSON.stringify(line, capField);
  const body = isPlainAscii(json)
    ? json
    : json.replace(HIDDEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const hash = hashOf(body);
  return { line: `${body.slice(0, -1)},"hash":"${hash}"}`, head: { seq, hash } };
}

/** Nothing of HIDDEN can be in it; the usual line, told in a tenth of the time that the expression takes. */
function isPlainAscii(json: string): boolean {
  return Buffer.byteLength(json) === json.length && !json.includes("\u007f");
}

function capField(_key: string, value: unknown): unknown {
  if (typeof value === "string" && value.length > MAX_FIELD) {
    return `${value.slice(0, MAX_FIELD)}…(+${value.length - MAX_FIELD})`;
  }
  if (Array.isArray(value) && value.length > MAX_ITEMS) return value.slice(0, MAX_ITEMS);
  return value;
}

function hashOf(body: string): string {
  return hash("sha256", body);
}

const TAIL = /,"hash":"([0-9a-f]{64})"\}$/;

export type ParsedAuditLine =
  | { readonly ok: true; readonly line: AuditLine }
  | { readonly ok: false; readonly problem: string };

/** Reads a line and checks its own hash; whether it follows the line before is `followsHead`'s to say. */
export function parseAuditLine(text: string): ParsedAuditLine {
  const hash = TAIL.exec(text)?.[1];
  if (hash === undefined) return { ok: false, problem: "the line is cut or not ours" };
  const body = `${text.slice(0, -TAIL_LENGTH)}}`;
  if (hashOf(body) !== hash) return { ok: false, problem: "the line was changed" };
  try {
    const value = JSON.parse(body) as Omit<AuditLine, "hash">;
    return { ok: true, line: { ...value, hash } };
  } catch {
    return { ok: false, problem: "the line is not JSON" };
  }
}

const TAIL_LENGTH = ',"hash":""}'.length + 64;

/** True when `line` is the direct successor of `head`. */
export function followsHead(line: AuditLine, head: AuditHead): boolean {
  return line.seq === head.seq + 1 && line.prev === head.hash;
}
