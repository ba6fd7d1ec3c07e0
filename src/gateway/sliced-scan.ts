import type { LeakScanner } from "../core/leaks/leak-scanner.ts";
import type { Turns } from "./turns.ts";

/**
 * How long one turn of the event loop may search, and the bytes between two looks at the clock: text in which everything
 * is escaped, or a WebSocket of empty frames, takes a hundred times as long as plain text. Attack row 123.
 */
const TURN_MS = 1;
const PIECE_BYTES = 1024;

/**
 * Bytes of one body that may be held back at once. The longest token, each character escaped a few times, stays far below;
 * only escapes within escapes that were made for it come near, and many bodies of those would fill the memory.
 */
export const HELD_BACK = 1024 ** 2;

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
 * Searches a body that is not encoded, in turns with everybody else: pause the request, await `push`, forward what it
 * gave, resume.
 */
export function createSlicedScanner(scanner: LeakScanner, turns: Turns): BodyScanner {
  let held = 0;
  let problem: string | null = null;
  const pushPiece = (piece: Uint8Array): Buffer => {
    if (problem !== null) return EMPTY;
    const clean = scanner.push(piece);
    held += piece.length - clean.length;
    if (held <= HELD_BACK || scanner.stopped) return clean;
    problem = `more than ${HELD_BACK} bytes of the body could be one token`;
    return EMPTY;
  };
  return {
    push: async (chunk) => {
      const out: Buffer[] = [];
      await inTurns(turns, chunk, (piece) => out.push(pushPiece(piece)));
      return Buffer.concat(out);
    },
    flush: () => turns.take(() => scanner.flush()),
    get stopped() {
      return scanner.stopped || problem !== null;
    },
    get problem() {
      return problem;
    },
    close: () => {},
  };
}

/** Does `work` on a chunk piece by piece, as much in one turn as its time allows. */
export async function inTurns(turns: Turns, chunk: Uint8Array, work: (piece: Uint8Array) => void): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    await turns.take(() => {
      const until = performance.now() + TURN_MS;
      do {
        work(chunk.subarray(at, at + PIECE_BYTES));
        at += PIECE_BYTES;
      } while (at < chunk.length && performance.now() < until);
    });
  }
}

const EMPTY = Buffer.alloc(0);
