import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { HostMessage, SidecarMessage } from "../core/model/control-message.ts";
import type { DialTarget } from "../core/model/policy.ts";
import { carriedLine, isCarriedLine, readCarriedMessage } from "../core/wire/carried-message.ts";
import { createLineReader, HOST_LINE_LIMIT, SIDECAR_LINE_LIMIT } from "../core/wire/control-lines.ts";
import { readHostMessage } from "../core/wire/host-message.ts";
import { readSidecarMessage } from "../core/wire/sidecar-message.ts";
import { createHostDials, type ServicePlace } from "./host-dials.ts";

/** What answers a question of the sidecar. */
type HostAnswer = Extract<HostMessage, { type: "done" | "secret" | "dialled" }>;
/** What the host process says on its own. */
export type HostOrder = Exclude<HostMessage, HostAnswer>;
type Question = Extract<SidecarMessage, { type: "audit" | "show" | "secret" | "dial" }>;
/** The stream gives it its number. */
export type UnnumberedQuestion = Question extends infer Q ? (Q extends Question ? Omit<Q, "seq"> : never) : never;

/** The sidecar's end of the control stream. */
export interface HostStream {
  /** Says something that needs no answer; lost when the stream has ended, which `onEnd` told. */
  say(message: Exclude<SidecarMessage, Question>): void;
  /** Rejects when the stream ends before the answer comes, or when the question cannot be said. */
  ask(question: UnnumberedQuestion): Promise<HostAnswer>;
  /** A socket that is connected to `dial` as the operator's machine sees it. Rejects with an UpstreamFailure. */
  dial(dial: DialTarget | ServicePlace): Promise<Socket>;
}

/** The host process says something every ten seconds: without a word for this long it is taken for gone. */
const SILENT_MS = 60_000;
const LOOK_MS = 5_000;

/**
 * Reads and writes the control stream. `onOrder` is called for one message after the other; `onEnd` once, when the host
 * process is gone or says what is not understood: from then on every question is refused.
 */
export function openHostStream(
  input: Readable,
  output: Writable,
  onOrder: (order: HostOrder) => void,
  onEnd: (why: string) => void,
): HostStream {
  const lines = createLineReader(HOST_LINE_LIMIT);
  const open = new Map<number, { resolve(answer: HostAnswer): void; reject(error: Error): void }>();
  let seq = 0;
  let ended: string | null = null;
  /** null: it has not begun. */
  let heard: number | null = null;
  // A connection to a host that has vanished ends for nobody.
  const look = setInterval(() => {
    if (heard !== null && performance.now() - heard > SILENT_MS)
      end(`no word of the host process for ${SILENT_MS / 1000} s`);
  }, LOOK_MS);
  look.unref();

  const end = (why: string) => {
    if (ended !== null) return;
    ended = why;
    clearInterval(look);
    dials.close();
    for (const { reject } of open.values()) reject(new Error(why));
    open.clear();
    onEnd(why);
  };
  const take = (message: HostMessage) => {
    if (message.type !== "done" && message.type !== "secret" && message.type !== "dialled") return onOrder(message);
    const asked = open.get(message.seq);
    if (asked === undefined) return end("an answer to nothing");
    open.delete(message.seq);
    asked.resolve(message);
  };
  input.on("data", (piece: Buffer) => {
    if (ended !== null) return;
    heard = performance.now();
    const reading = lines.push(piece);
    if (!reading.ok) return end("a line is too long");
    for (const line of reading.lines) {
      if (ended !== null) return;
      if (isCarriedLine(line)) {
        const carried = readCarriedMessage(line);
        if (carried === null || !dials.take(carried)) return end("a word about a connection is not understood");
        continue;
      }
      const message = readHostMessage(line);
      if (message === null) return end("a message is not understood");
      take(message);
    }
  });
  input.on("end", () => end("the host process has closed the stream"));
  input.on("error", () => end("the stream broke"));
  output.on("error", () => end("the host process reads no more"));

  /** False when the host process would not understand it: the agent had a part in the text, and is denied. */
  const send = (message: SidecarMessage): boolean => {
    const text = JSON.stringify(message, wellFormed);
    if (text.length > SIDECAR_LINE_LIMIT / 3 && Buffer.byteLength(text) > SIDECAR_LINE_LIMIT) return false;
    if (readSidecarMessage(Buffer.from(text)) === null) return false;
    output.write(`${text}\n`);
    return true;
  };
  const ask = (question: UnnumberedQuestion, onSeq?: (seq: number) => void): Promise<HostAnswer> =>
    new Promise((resolve, reject) => {
      if (ended !== null) return reject(new Error(ended));
      seq += 1;
      const numbered = { ...question, seq };
      open.set(seq, { resolve, reject });
      onSeq?.(seq);
      if (send(numbered)) return;
      open.delete(seq);
      reject(new Error("the host process could not be told"));
    });
  const dials = createHostDials(
    async (place, onSeq) => {
      const answer = await ask({ type: "dial", place }, onSeq);
      return answer.type === "dialled" ? answer.why : "the host process answered something else";
    },
    (message) => {
      if (ended === null) output.write(`${carriedLine(message)}\n`);
    },
  );
  return {
    say: (message) => {
      if (ended === null) send(message);
    },
    ask,
    dial: (dial) => dials.open(dial),
  };
}

/** A text that was cut may end in half a character, which no strict reader takes. */
function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed() : value;
}
