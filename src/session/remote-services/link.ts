import type { SidecarProcess } from "../../backends/backend.ts";
import type { HostMessage, ReportedEvent, ServiceStart, SidecarMessage } from "../../core/model/control-message.ts";
import type { RequestId } from "../../core/model/ids.ts";
import type { Proposal } from "../../core/model/proposal.ts";
import {
  type CarriedMessage,
  carriedLine,
  isCarriedLine,
  readCarriedMessage,
} from "../../core/wire/carried-message.ts";
import { createLineReader, SIDECAR_LINE_LIMIT } from "../../core/wire/control-lines.ts";
import { printable } from "../../core/wire/printable.ts";
import { readSidecarMessage } from "../../core/wire/sidecar-message.ts";
import type { HostDials } from "./host-dials.ts";

/** What a sidecar may ask of the host process. Everything that it says is a claim (attack row 150). */
export interface LinkDuties {
  /** Resolves when the line is in the log. */
  write(event: ReportedEvent): Promise<void>;
  /** Resolves when the operator can see it. */
  show(proposal: Proposal): Promise<void>;
  withdraw(id: RequestId): void;
  /** The value of a credential that the sidecar has anyway, or why there is none. */
  secret(credential: string): Promise<{ readonly value: string | null; readonly why: string | null }>;
  alert(text: string): void;
  /** The connections that it asks for, of one process of the sidecar. */
  openDials(say: (message: CarriedMessage) => void): HostDials;
}

type Order = Extract<HostMessage, { type: "policy" | "claim" | "settle" | "forgive" }>;
export type UnnumberedOrder = Order extends infer O ? (O extends Order ? Omit<O, "seq"> : never) : never;
export type LinkReply = Extract<SidecarMessage, { type: "reply" | "claimed" }>;

/** The host process's end of the control stream, as long as one process of the sidecar lives. */
export interface Link {
  /** The ports on which it listens. Rejects when it ends before, or says that it cannot begin. */
  readonly ready: Promise<readonly number[]>;
  /** Why it ended, in words for the operator. Never rejects. */
  readonly ended: Promise<string>;
  /** Null when it ended, or did not answer in time and was ended for that. */
  ask(order: UnnumberedOrder): Promise<LinkReply | null>;
  say(message: Extract<HostMessage, { type: "put-back" | "close" }>): void;
  /** Cuts the carried connections to what the present policy does not dial any more. */
  reviewDials(): void;
  /** Ends it at once. Idempotent. */
  end(why: string): void;
}

/** Its own questions that are being answered; beyond, it is read no further. */
const OPEN_DUTIES = 512;
/** Bytes that wait for it to be read; beyond, it is read no further itself: one that only asks would fill our memory. */
const MOST_UNREAD = 2 << 20;
const START_MS = 60_000;
/** A revoke is in force after it at the latest: one that does not answer is ended. */
const ORDER_MS = 5_000;
const PING_MS = 10_000;
/** Without a word for this long it is taken for hung. */
const SILENT_MS = 60_000;

/** Feeds `process` with `start` and does its duties until it ends; what it says against the grammar ends it. */
export function openLink(process: SidecarProcess, start: ServiceStart, duties: LinkDuties): Link {
  const lines = createLineReader(SIDECAR_LINE_LIMIT);
  const asked = new Map<number, (reply: LinkReply | null) => void>();
  const ready = Promise.withResolvers<readonly number[]>();
  ready.promise.catch(() => undefined); // for who waits for it
  let why: string | null = null;
  let orders = 0;
  let heard = performance.now();
  let lastSeq = 0;
  let duty = 0;

  const write = (line: string) => {
    if (why === null) process.stdin.write(`${line}\n`);
  };
  const send = (message: HostMessage) => write(JSON.stringify(message));
  const isBusy = () => duty >= OPEN_DUTIES || process.stdin.writableLength > MOST_UNREAD;
  const readOn = () => {
    if (why !== null || !isBusy()) process.stdout.resume();
  };
  const end = (reason: string) => {
    if (why !== null) return;
    why = reason;
    clearInterval(pulse);
    clearTimeout(late);
    dials.close();
    ready.reject(new Error(reason));
    for (const answer of asked.values()) answer(null);
    asked.clear();
    process.kill();
    // What is left unread would keep it from counting as ended.
    readOn();
  };
  const dials = duties.openDials((message) => write(carriedLine(message)));
  const perform = async (
    message: Extract<SidecarMessage, { type: "audit" | "show" | "secret" | "dial" }>,
  ): Promise<void> => {
    const { seq } = message;
    if (seq <= lastSeq) return end("it used a number twice");
    lastSeq = seq;
    duty += 1;
    try {
      if (message.type === "secret") {
        send({ type: "secret", seq, ...(await duties.secret(message.credential)) });
        return;
      }
      if (message.type === "dial") {
        send({ type: "dialled", seq, why: await dials.dial(seq, message.place) });
        return;
      }
      const done = message.type === "audit" ? duties.write(message.event) : duties.show(message.proposal);
      const ok = await done.then(
        () => true,
        () => false,
      );
      send({ type: "done", seq, ok });
    } finally {
      duty -= 1;
      readOn();
    }
  };
  const take = (message: SidecarMessage): void => {
    switch (message.type) {
      case "ready":
        clearTimeout(late);
        ready.resolve(message.ports);
        break;
      case "failed":
        end(`it could not begin: ${printable(message.why, 300)}`);
        break;
      case "audit":
      case "show":
      case "secret":
      case "dial":
        void perform(message);
        break;
      case "withdraw":
        duties.withdraw(message.id);
        break;
      case "alert":
        duties.alert(printable(message.text, 1000));
        break;
      case "reply":
      case "claimed": {
        const answer = asked.get(message.seq);
        asked.delete(message.seq);
        if (answer === undefined) end("it answered what nobody asked");
        else answer(message);
        break;
      }
      case "pong":
      case "closed":
        break;
    }
  };
  process.stdout.on("data", (piece: Buffer) => {
    if (why !== null) return;
    heard = performance.now();
    const reading = lines.push(piece);
    if (!reading.ok) return end("it said a line that is too long");
    for (const line of reading.lines) {
      if (why === null && isCarriedLine(line)) {
        const carried = readCarriedMessage(line);
        if (carried === null || !dials.take(carried)) return end("it broke the rules of a carried connection");
        continue;
      }
      const message = why === null ? readSidecarMessage(line) : null;
      if (message === null) return end("it said what is not understood");
      take(message);
    }
    if (why === null && isBusy()) process.stdout.pause();
  });
  process.stdin.on("drain", readOn);
  // Whoever of both ends first tells the other: the end of the process says why.
  process.stdout.on("error", () => undefined);
  process.stdin.on("error", () => undefined);
  const pulse = setInterval(() => {
    if (performance.now() - heard > SILENT_MS) end(`it was silent for ${SILENT_MS / 1000} s`);
    else send({ type: "ping" });
  }, PING_MS);
  pulse.unref();
  const late = setTimeout(() => end(`it did not begin within ${START_MS / 1000} s`), START_MS);
  late.unref();
  send(start);

  const ended = process.ended.then(({ code, words }) => {
    const last = printable(words.trim().split("\n").at(-1) ?? "", 200);
    const told = why ?? `it ended with code ${code ?? "unknown"}`;
    end(told);
    return last === "" ? told : `${told} (${last})`;
  });
  return {
    ready: ready.promise,
    ended,
    ask: (order) =>
      new Promise((resolve) => {
        if (why !== null) return resolve(null);
        orders += 1;
        const seq = orders;
        const timer = setTimeout(() => end(`it did not answer within ${ORDER_MS / 1000} s`), ORDER_MS);
        asked.set(seq, (reply) => {
          clearTimeout(timer);
          resolve(reply);
        });
        send({ ...order, seq } as HostMessage);
      }),
    say: send,
    reviewDials: () => dials.review(),
    end,
  };
}
