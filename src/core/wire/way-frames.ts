/**
 * What is said about connections between the relay in a machine and the host process, where both have only the inputs and
 * outputs of commands between them. A frame is a sign, a connection's number and a count, and of `data` the bytes.
 */
export type WayFrame =
  /** Somebody inside has connected. */
  | { readonly type: "open"; readonly connection: number }
  | { readonly type: "data"; readonly connection: number; readonly bytes: Uint8Array }
  /** So many bytes of a connection were handed on: as many more may come. */
  | { readonly type: "took"; readonly connection: number; readonly count: number }
  /** No more data from this side. */
  | { readonly type: "end"; readonly connection: number }
  /** It broke, or nobody wants it any more. */
  | { readonly type: "drop"; readonly connection: number }
  /** So many more bytes of all that the host process says have arrived. */
  | { readonly type: "read"; readonly count: number };

/** Bytes of a frame without its data. */
export const FRAME_HEAD = 9;
/** Most bytes of one `data`. */
export const FRAME_PIECE = 16 << 10;
/** Bytes of a connection that may be on their way in one direction. */
export const FRAME_WINDOW = 64 << 10;
/** First byte of each kind. */
export const FRAME_SIGNS = { open: 1, data: 2, took: 3, end: 4, drop: 5, read: 6 } as const;

/** One frame as it goes over. */
export function wayFrame(frame: WayFrame): Buffer {
  const bytes = frame.type === "data" ? frame.bytes : null;
  const whole = Buffer.allocUnsafe(FRAME_HEAD + (bytes?.length ?? 0));
  whole[0] = FRAME_SIGNS[frame.type];
  whole.writeUInt32BE(frame.type === "read" ? 0 : frame.connection, 1);
  whole.writeUInt32BE(bytes?.length ?? ("count" in frame ? frame.count : 0), 5);
  if (bytes !== null) whole.set(bytes, FRAME_HEAD);
  return whole;
}

export interface WayReading {
  readonly frames: readonly WayFrame[];
  /** Why what came is none; quotes nothing of it. Then nothing is read any more. */
  readonly problem: string | null;
}

/** Cuts a stream into frames. */
export interface WayReader {
  push(piece: Uint8Array): WayReading;
}

/** Keeps less than one frame. Only what `wayFrame` writes is taken. Attack row 153. */
export function createWayReader(): WayReader {
  const head = Buffer.alloc(FRAME_HEAD);
  let headed = 0;
  /** Data of a frame that is not whole yet. */
  let body: { readonly connection: number; readonly bytes: Uint8Array; filled: number } | null = null;
  let problem: string | null = null;
  return {
    push: (piece) => {
      const frames: WayFrame[] = [];
      let at = 0;
      while (problem === null && at < piece.length) {
        if (body !== null) {
          const part = piece.subarray(at, at + body.bytes.length - body.filled);
          body.bytes.set(part, body.filled);
          body.filled += part.length;
          at += part.length;
          if (body.filled < body.bytes.length) break;
          frames.push({ type: "data", connection: body.connection, bytes: body.bytes });
          body = null;
          continue;
        }
        const part = piece.subarray(at, at + FRAME_HEAD - headed);
        head.set(part, headed);
        headed += part.length;
        at += part.length;
        if (headed < FRAME_HEAD) break;
        headed = 0;
        const count = head.readUInt32BE(5);
        const frame = readHead(head[0] ?? 0, head.readUInt32BE(1), count);
        if (typeof frame === "string") problem = frame;
        else if (frame.type !== "data") frames.push(frame);
        else if (at + count > piece.length) body = { ...frame, bytes: new Uint8Array(count), filled: 0 };
        else {
          frames.push({ ...frame, bytes: piece.subarray(at, at + count) });
          at += count;
        }
      }
      return { frames, problem };
    },
  };
}

type Head = Exclude<WayFrame, { type: "data" }> | { readonly type: "data"; readonly connection: number };

/** Or why it is none. */
function readHead(sign: number, connection: number, count: number): Head | string {
  if ((connection === 0) !== (sign === FRAME_SIGNS.read)) return "a connection's number where there is none, or none";
  switch (sign) {
    case FRAME_SIGNS.data:
      return count > 0 && count <= FRAME_PIECE
        ? { type: "data", connection }
        : "data of no length, or of too great a one";
    case FRAME_SIGNS.took:
      return count > 0 && count <= FRAME_WINDOW ? { type: "took", connection, count } : "a count out of its bounds";
    case FRAME_SIGNS.read:
      return count > 0 ? { type: "read", count } : "a count out of its bounds";
    case FRAME_SIGNS.open:
      return count === 0 ? { type: "open", connection } : "a count where there is none";
    case FRAME_SIGNS.end:
      return count === 0 ? { type: "end", connection } : "a count where there is none";
    case FRAME_SIGNS.drop:
      return count === 0 ? { type: "drop", connection } : "a count where there is none";
    default:
      return "an unknown sign";
  }
}
