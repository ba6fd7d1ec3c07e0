/** One WebSocket frame, as a test means it; every field can be wrong. */
export interface FrameWish {
  readonly opcode?: number;
  readonly fin?: boolean;
  /** Reserved bits, 1 to 7. */
  readonly rsv?: number;
  readonly payload?: string | Uint8Array;
  /** Four bytes; null: no mask. */
  readonly mask?: readonly number[] | null;
  /** How the length is written, whatever it is: in 7 bits, 2 or 8 bytes. */
  readonly form?: 7 | 16 | 64;
  /** What the head says instead of the real length. */
  readonly says?: number | bigint;
}

export const MASK: readonly number[] = [0x37, 0xfa, 0x21, 0x3d];

/** The bytes of a frame of a client; of a server with `mask: null`. Written from RFC 6455 section 5.2, apart from the program. */
export function frame(wish: FrameWish = {}): Buffer {
  const { opcode = 1, fin = true, rsv = 0, mask = MASK } = wish;
  const payload = Buffer.from(wish.payload ?? "");
  const says = BigInt(wish.says ?? payload.length);
  const form = wish.form ?? (says < 126n ? 7 : says < 65_536n ? 16 : 64);
  const bit = mask === null ? 0 : 0x80;
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const parts = [Buffer.from([first, bit | (form === 7 ? Number(says) : form === 16 ? 126 : 127)])];
  if (form !== 7) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(says);
    parts.push(length.subarray(form === 16 ? 6 : 0));
  }
  if (mask !== null) parts.push(Buffer.from(mask));
  parts.push(mask === null ? payload : Buffer.from(payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))));
  return Buffer.concat(parts);
}

export interface WholeFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly masked: boolean;
  readonly payload: Buffer;
}

/** All whole frames at the beginning of `bytes`, read at once by the simplest code that can; nothing is judged. */
export function readFrames(bytes: Buffer): readonly WholeFrame[] {
  const frames: WholeFrame[] = [];
  let at = 0;
  for (;;) {
    if (bytes.length < at + 2) return frames;
    const [first, second] = [bytes.readUInt8(at), bytes.readUInt8(at + 1)];
    const short = second & 0x7f;
    const masked = second >= 0x80;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    const start = at + 2 + extra + (masked ? 4 : 0);
    if (bytes.length < start) return frames;
    const length =
      extra === 0 ? short : extra === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (bytes.length < start + length) return frames;
    const mask = bytes.subarray(start - 4, start);
    const raw = Buffer.from(bytes.subarray(start, start + length));
    const payload = masked ? raw.map((byte, i) => byte ^ (mask[i % 4] ?? 0)) : raw;
    frames.push({ opcode: first & 0x0f, fin: first >= 0x80, masked, payload: Buffer.from(payload) });
    at = start + length;
  }
}

/** Messages put together from frames, each with its opcode; control frames stand where they came. */
export function messagesOf(
  frames: readonly WholeFrame[],
): readonly { readonly opcode: number; readonly text: string }[] {
  const messages: { opcode: number; text: string }[] = [];
  let open: { opcode: number; text: string } | null = null;
  for (const { opcode, fin, payload } of frames) {
    const text = payload.toString("latin1");
    if (opcode >= 8) {
      messages.push({ opcode, text });
      continue;
    }
    open = open === null ? { opcode, text } : { opcode: open.opcode, text: open.text + text };
    if (!fin) continue;
    messages.push(open);
    open = null;
  }
  return messages;
}
