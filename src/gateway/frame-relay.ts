import { randomBytes } from "node:crypto";
import { type CloseCode, createFrameReader, encodeFrame, OPCODE } from "../core/wire/websocket-frames.ts";

/** Searches one message; what it hands out may be shorter than what it got, and the rest comes later. */
export interface MessageFilter {
  push(bytes: Uint8Array): Buffer;
  flush(): Buffer;
  /** True when nothing more of this connection may be relayed. */
  readonly stopped?: boolean;
}

export interface FrameRelayOptions {
  readonly from: "client" | "server";
  /** Greatest message in bytes. */
  readonly messageBytes: number;
  /** Made for each message and for each control frame that is not empty. */
  readonly filter: () => MessageFilter;
}

/** Relays the frames of one direction. */
export interface FrameRelay {
  /** Whole frames to write, and why the connection must end after them; `stopped`: by a filter. */
  push(chunk: Uint8Array): { readonly out: Buffer; readonly stop: FrameStop | null };
}

export interface FrameStop {
  readonly by: "filter" | "reader";
  readonly code: CloseCode;
  readonly why: string;
}

/** A frame up to this size is kept until it is whole, so that a message in one frame stays one; larger ones become fragments. */
const WHOLE_BYTES = 256 * 1024;

/**
 * Reads frames, has each message filtered across its fragments, and writes frames of its own: a filter holds bytes back,
 * which RFC 6455 section 5.4 lets an intermediary do by other fragments where no extension is in use. So only whole
 * frames go out, a Close fits between any two, and no mask that a client chose reaches the wire (attack rows 56, 117).
 * Memory: one frame up to 256 KiB and what the filter holds.
 */
export function createFrameRelay({ from, messageBytes, filter }: FrameRelayOptions): FrameRelay {
  const reader = createFrameReader({ from, messageBytes });
  /** Null between messages. */
  let message: Flow | null = null;
  let control: Flow | null = null;
  let frame = { opcode: 0, fin: true };
  let stop: FrameStop | null = null;

  const emit = (flow: Flow, fin: boolean): Buffer => {
    const payload = Buffer.concat(flow.ready);
    const opcode = flow.begun ? OPCODE.continuation : flow.opcode;
    flow.begun = true;
    flow.ready = [];
    flow.bytes = 0;
    return encodeFrame({ opcode, fin, payload }, from === "client" ? randomBytes(4) : null);
  };
  const take = (flow: Flow, bytes: Buffer): void => {
    if (bytes.length > 0) flow.ready.push(bytes);
    flow.bytes += bytes.length;
    if (flow.filter?.stopped === true) stop = { by: "filter", code: 1008, why: "refused" };
  };
  const begin = (opcode: number): Flow => ({ opcode, filter: null, ready: [], bytes: 0, begun: false });
  /** The frame is whole: what may go out now. */
  const finish = (flow: Flow): Buffer | null => {
    if (frame.fin && flow.filter !== null) take(flow, flow.filter.flush());
    if (stop !== null) return null;
    // What the filter holds of a fragment goes with the next one.
    return frame.fin || flow.bytes > 0 ? emit(flow, frame.fin) : null;
  };
  return {
    push: (chunk) => {
      const out: Buffer[] = [];
      if (stop !== null) return { out: Buffer.alloc(0), stop };
      for (const event of reader.push(chunk)) {
        if (event.type === "problem") stop = { by: "reader", code: event.code, why: event.why };
        else if (event.type === "frame") {
          frame = event;
          if (event.opcode >= OPCODE.close) control = begin(event.opcode);
          else message ??= begin(event.opcode);
        } else {
          const flow: Flow | null = control ?? message;
          if (flow === null) throw new Error("payload outside a frame");
          if (event.type === "data") {
            flow.filter ??= filter();
            take(flow, flow.filter.push(event.bytes));
            if (stop === null && flow.bytes > WHOLE_BYTES) out.push(emit(flow, false));
          } else {
            const whole = finish(flow);
            if (whole !== null) out.push(whole);
            if (control !== null) control = null;
            else if (frame.fin) message = null;
          }
        }
        if (stop !== null) break;
      }
      return { out: Buffer.concat(out), stop };
    },
  };
}

/** One message, or one control frame, on its way. */
interface Flow {
  readonly opcode: number;
  /** Made when there is something to filter: an empty frame costs next to nothing. */
  filter: MessageFilter | null;
  /** Filtered, and not yet written. */
  ready: Buffer[];
  bytes: number;
  /** Whether a first fragment was written. */
  begun: boolean;
}
