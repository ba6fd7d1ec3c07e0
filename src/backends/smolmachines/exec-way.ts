import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { createWayReader } from "../../core/wire/way-frames.ts";
import { openCarriers } from "./exec-way/carriers.ts";
import { openConnections } from "./exec-way/connections.ts";

/** The gateway's way into a machine that no socket of the host reaches. */
export interface ExecWay {
  /** The next bytes of the holder's output. */
  push(piece: Uint8Array): void;
  /** Ends all connections at once. Idempotent. */
  close(): void;
}

export interface ExecWayParts {
  /** Of the holder, in which the relay listens. */
  readonly stdin: Writable;
  /** Begins another command that says inside what it reads. */
  readonly carrier: () => ChildProcess;
  /** Begins a connection to the gateway, half-open allowed. */
  readonly connect: () => Socket;
  /** Called once when the way is broken: by what is said inside against the rules, or because no more can be said. */
  readonly onBroken: (why: string) => void;
}

/**
 * Leads the connections that frames speak of to the gateway: `connect` is the same for each, so nothing inside names a place.
 * What is against the rules breaks the way, and never this process. Attack rows 150, 153.
 */
export function openExecWay({ stdin, carrier, connect, onBroken }: ExecWayParts): ExecWay {
  const reader = createWayReader();
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    connections.close();
    carriers.close();
  };
  const broken = (why: string) => {
    if (closed) return;
    close();
    onBroken(why);
  };
  let asked = false;
  const onWords = () => {
    if (asked) return;
    asked = true;
    setImmediate(() => {
      asked = false;
      carriers.pump();
    });
  };
  const connections = openConnections(connect, onWords);
  const carriers = openCarriers({ first: stdin, open: carrier, next: () => connections.next(), onFailed: broken });
  return {
    push: (piece) => {
      if (closed) return;
      const { frames, problem } = reader.push(piece);
      for (const frame of frames) {
        const wrong =
          frame.type === "read"
            ? carriers.arrived(frame.count)
              ? null
              : "more arrived than was said"
            : connections.take(frame);
        if (wrong !== null) return broken(wrong);
      }
      if (problem !== null) broken(problem);
    },
    close,
  };
}
