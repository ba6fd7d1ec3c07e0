import type { LeakScanner } from "../core/leaks/leak-scanner.ts";
import type { Turns } from "./turns.ts";

/**
 * Bytes that are searched in one turn of the event loop. The slowest text, in which everything is escaped, takes some
 * milliseconds; source and chat take half of one. Attack row 123.
 */
const SLICE_BYTES = 16 * 1024;

/** A `LeakScanner` for one body that lets others get on while it searches. Calls must not overlap: await each. */
export interface BodyScanner {
  /** Bytes of the body as it came that may go on now, in order. Empty once stopped. */
  push(chunk: Uint8Array): Promise<Buffer>;
  /** The rest, at the end of the body. */
  flush(): Promise<Buffer>;
  /** Nothing more is handed out: the judge said stop, or there is a problem. */
  readonly stopped: boolean;
  /** Why the body cannot be searched, for a refusal and the audit log; null while it can. */
  readonly problem: string | null;
  /** Lets go of everything early. */
  close(): void;
}

/**
 * Searches a body that is not encoded, slice by slice in turns with everybody else: pause the request, await `push`,
 * forward what it gave, resume. Measured: small requests beside 16 uploads keep a p99 of 5 ms, without turns 50 ms.
 */
export function createSlicedScanner(scanner: LeakScanner, turns: Turns): BodyScanner {
  return {
    push: async (chunk) => {
      if (chunk.length <= SLICE_BYTES) return turns.take(() => scanner.push(chunk));
      const out: Buffer[] = [];
      for (const slice of slices(chunk)) out.push(await turns.take(() => scanner.push(slice)));
      return Buffer.concat(out);
    },
    flush: () => turns.take(() => scanner.flush()),
    get stopped() {
      return scanner.stopped;
    },
    problem: null,
    close: () => {},
  };
}

/** A chunk in pieces of which each is searched in one turn. */
export function* slices(chunk: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < chunk.length; at += SLICE_BYTES) yield chunk.subarray(at, at + SLICE_BYTES);
}
