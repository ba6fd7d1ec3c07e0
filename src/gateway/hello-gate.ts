import { Transform, type TransformCallback } from "node:stream";
import type { ClientHello } from "../core/wire/client-hello.ts";
import { readSecondHello, readServerStart } from "../core/wire/server-hello.ts";
import { type Denial, denial } from "./judgement.ts";

/** Client bytes looked through for a second ClientHello: early data may come before it. */
const HELD_BYTES = 128 * 1024;

/** The beginning of a spliced handshake: two streams to pipe through. */
export interface HelloGate {
  /** Client to server. Errs when the client names another host. */
  readonly out: Transform;
  /** Server to client. */
  readonly back: Transform;
  /** Why `out` has ended; null when it did not. */
  readonly denied: Denial | null;
}

/**
 * Passes the judged ClientHello (`helloBytes` of records), and nothing more until the server has begun to answer. When
 * it asks for a second ClientHello (RFC 8446 4.1.4), that one is judged like the first; after anything else the server
 * takes no other name (attack row 1).
 */
export function createHelloGate(helloBytes: number, judge: (hello: ClientHello) => Denial | null): HelloGate {
  let state: "waiting" | "second" | "open" = "waiting";
  let due = helloBytes;
  let held: Buffer = Buffer.alloc(0);
  let begun: Buffer = Buffer.alloc(0);
  let denied: Denial | null = null;
  /** Set while the client is not read: its bytes wait for the server. */
  let resume: TransformCallback | null = null;

  const deny = (why: Denial, done: TransformCallback) => {
    denied = why;
    done(new Error(why.detail ?? why.reason));
  };
  const release = (done: TransformCallback) => {
    state = "open";
    const rest = held;
    held = Buffer.alloc(0);
    done(null, rest);
  };
  const advance = (done: TransformCallback) => {
    if (held.length === 0) return done();
    if (state === "waiting") {
      resume = done;
      return;
    }
    if (state === "open") return release(done);
    const reading = readSecondHello(held);
    if (reading.state === "invalid") return deny(denial("tls-invalid", `second ClientHello: ${reading.why}`), done);
    if (reading.state === "hello") {
      const problem = judge(reading.hello);
      return problem === null ? release(done) : deny(problem, done);
    }
    if (held.length > HELD_BYTES) return deny(denial("tls-invalid", "no second ClientHello"), done);
    done();
  };
  const out = new Transform({
    transform: (chunk: Buffer, _, done) => {
      if (state === "open") return done(null, chunk);
      if (due > 0) out.push(chunk.subarray(0, due));
      const rest = chunk.subarray(due);
      due -= chunk.length - rest.length;
      held = held.length === 0 ? rest : Buffer.concat([held, rest]);
      advance(done);
    },
  });
  const back = new Transform({
    transform: (chunk: Buffer, _, done) => {
      if (state === "waiting") {
        begun = Buffer.concat([begun, chunk]);
        const start = readServerStart(begun);
        if (start !== "incomplete") {
          begun = Buffer.alloc(0);
          state = start === "retry" ? "second" : "open";
          const waiting = resume;
          resume = null;
          if (waiting !== null) advance(waiting);
        }
      }
      done(null, chunk);
    },
  });
  return {
    out,
    back,
    get denied() {
      return denied;
    },
  };
}
