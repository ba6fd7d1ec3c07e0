/** What a frame is (RFC 6455 section 5.2). */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Greatest payload of a control frame in bytes (RFC 6455 section 5.5). */
const CONTROL_BYTES = 125;

/** Why a connection is closed (RFC 6455 section 7.4.1). */
export type CloseCode = 1000 | 1001 | 1002 | 1008 | 1009 | 1011;

export type FrameEvent =
  /** A frame begins; `length` is that of its payload in bytes. */
  | { readonly type: "frame"; readonly opcode: number; readonly fin: boolean; readonly length: number }
  /** A piece of its payload, unmasked. Of a frame without payload there is none. */
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** The frame is whole. */
  | { readonly type: "end" }
  /** The bytes break the protocol or a bound: always the last event. `why` quotes nothing of a payload. */
  | { readonly type: "problem"; readonly code: 1002 | 1009; readonly why: string };

export interface FrameBounds {
  /** Which way the frames go: a client masks each of them, a server none (section 5.1). */
  readonly from: "client" | "server";
  /** Greatest message in bytes, all its fragments together. */
  readonly messageBytes: number;
}

/** Reads the frames of one direction of one connection. */
export interface FrameReader {
  /** What these bytes bring; nothing more after a problem. Bytes behind a Close frame are a problem. */
  push(chunk: Uint8Array): readonly FrameEvent[];
}

const LONGEST_HEAD = 14;

/**
 * A streaming reader that keeps the head of one frame at most, whatever the pieces. Strict where peers differ: no
 * reserved bits or opcodes (no extension was agreed on), the right masking, whole short control frames, lengths in their
 * shortest form, continuations only where a message is open. Attack rows 56, 117.
 */
export function createFrameReader({ from, messageBytes }: FrameBounds): FrameReader {
  const head = new Uint8Array(LONGEST_HEAD);
  let have = 0;
  let need = 2;
  let mask: Uint8Array | null = null;
  let at = 0;
  /** Payload bytes of the present frame that are still to come. */
  let left = 0;
  /** Bytes of the message that is open; null when none is. */
  let message: number | null = null;
  let fin = true;
  let closing = false;
  let state: "head" | "payload" | "over" = "head";

  const problem = (why: string, code: 1002 | 1009 = 1002): FrameEvent => {
    state = "over";
    return { type: "problem", code, why };
  };
  /** The head is whole: the events that begin the frame. */
  const begin = (): readonly FrameEvent[] => {
    const opcode = (head[0] ?? 0) & 0x0f;
    const length = payloadLength(head);
    if (length === null) return [problem("a length that is not in its shortest form, or too great")];
    if (opcode < OPCODE.close) {
      message = (message ?? 0) + length;
      if (message > messageBytes) return [problem(`a message of more than ${messageBytes} bytes`, 1009)];
      if (fin) message = null;
    }
    if (opcode === OPCODE.close && length === 1) return [problem("a Close frame with half a code")];
    closing = opcode === OPCODE.close;
    mask = from === "client" ? head.slice(need - 4, need) : null;
    at = 0;
    left = length;
    state = "payload";
    const start: FrameEvent = { type: "frame", opcode, fin, length };
    return length === 0 ? [start, end()] : [start];
  };
  const end = (): FrameEvent => {
    state = "head";
    have = 0;
    need = 2;
    return { type: "end" };
  };
  /** Judged as soon as they are there, so that nobody waits for the rest of a frame that is wrong already. */
  const firstBytes = (): string | null => {
    const [first = 0, second = 0] = head;
    const opcode = first & 0x0f;
    const control = opcode >= OPCODE.close;
    fin = (first & 0x80) !== 0;
    if (closing) return "bytes behind a Close frame";
    if ((first & 0x70) !== 0) return "a reserved bit is set, though no extension was agreed on";
    if (opcode > OPCODE.pong || (opcode > OPCODE.binary && !control)) return "a reserved opcode";
    if (control && !fin) return "a control frame in fragments";
    if (!control && (opcode === OPCODE.continuation) !== (message !== null)) {
      return message === null ? "a continuation of nothing" : "a new message inside another";
    }
    if (have < 2) return null;
    const masked = (second & 0x80) !== 0;
    if (masked !== (from === "client"))
      return masked ? "a masked frame of a server" : "a frame of a client without mask";
    const short = second & 0x7f;
    if (control && short > CONTROL_BYTES) return `a control frame of more than ${CONTROL_BYTES} bytes`;
    need = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (masked ? 4 : 0);
    return null;
  };
  return {
    push: (chunk) => {
      const events: FrameEvent[] = [];
      let i = 0;
      while (i < chunk.length && state !== "over") {
        if (state === "payload") {
          const piece = chunk.subarray(i, i + left);
          i += piece.length;
          left -= piece.length;
          events.push({ type: "data", bytes: mask === null ? piece : unmask(piece, mask, at) });
          at += piece.length;
          if (left === 0) events.push(end());
          continue;
        }
        head[have++] = chunk[i++] ?? 0;
        const wrong = have <= 2 ? firstBytes() : null;
        if (wrong !== null) events.push(problem(wrong));
        else if (have === need) events.push(...begin());
      }
      return events;
    },
  };
}

/** Null when it could be written shorter, or is more than this program counts. */
function payloadLength(head: Uint8Array): number | null {
  const short = (head[1] ?? 0) & 0x7f;
  if (short < 126) return short;
  const view = new DataView(head.buffer, head.byteOffset);
  if (short === 126) {
    const length = view.getUint16(2);
    return length < 126 ? null : length;
  }
  const length = view.getBigUint64(2);
  return length < 65_536n || length > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(length);
}

/** `at`: where in the payload the bytes stand. The mask undoes itself (section 5.3). */
function unmask(bytes: Uint8Array, mask: Uint8Array, at: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = (bytes[i] ?? 0) ^ (mask[(at + i) & 3] ?? 0);
  return out;
}

/** One frame as it goes over the wire. `mask`: four bytes nobody can foretell (section 10.3), null for a server's. */
export function encodeFrame(
  frame: { readonly opcode: number; readonly fin: boolean; readonly payload: Uint8Array },
  mask: Uint8Array | null,
): Buffer {
  const { opcode, fin, payload } = frame;
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const start = 2 + extra;
  const out = Buffer.allocUnsafe(start + (mask === null ? 0 : 4) + length);
  out[0] = (fin ? 0x80 : 0) | opcode;
  out[1] = (mask === null ? 0 : 0x80) | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) out.writeUInt16BE(length, 2);
  else if (extra === 8) out.writeBigUInt64BE(BigInt(length), 2);
  if (mask === null) out.set(payload, start);
  else {
    out.set(mask, start);
    out.set(unmask(payload, mask, 0), start + 4);
  }
  return out;
}

/** Payload of a Close frame; the reason is cut to what fits, whole characters. */
export function closePayload(code: CloseCode, reason: string): Buffer {
  const text = Buffer.from(reason, "utf8");
  let length = Math.min(text.length, CONTROL_BYTES - 2);
  while (length < text.length && ((text[length] ?? 0) & 0xc0) === 0x80) length--;
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), text.subarray(0, length)]);
}
