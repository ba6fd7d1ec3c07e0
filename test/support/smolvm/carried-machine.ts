import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import type { Writable } from "node:stream";

/** What one carrier was told, as far as it came. */
export interface Told {
  bytes: Buffer;
  /** Of them the machine has read so many. */
  read: number;
  ended: boolean;
  input: (EventEmitter & { writableNeedDrain: boolean }) | null;
  child: EventEmitter | null;
  /** It has ended; what it handed on before can still be read. */
  gone: boolean;
  /** Its input is full after whatever is written. */
  stalls: boolean;
}

/** What carriers lead to: the stream as the relay in a machine puts it together. */
export function carriedMachine({ fills }: { readonly fills: boolean } = { fills: false }) {
  const told: Told[] = [];
  let taken = Buffer.alloc(0);
  let thanked = 0;
  const input = (one: Told) => {
    const made = Object.assign(new EventEmitter(), {
      writableNeedDrain: false,
      write: (bytes: Buffer) => {
        one.bytes = Buffer.concat([one.bytes, bytes]);
        // Some are full then, by a chance that is the same each time.
        made.writableNeedDrain = one.stalls || (fills && bytes.length % 3 === 0);
        return !made.writableNeedDrain;
      },
      end: () => {
        one.ended = true;
      },
      destroy: () => {},
    });
    one.input = made;
    return made as unknown as Writable;
  };
  const add = (head: Buffer) => {
    const one: Told = { bytes: head, read: 0, ended: false, input: null, child: null, gone: false, stalls: false };
    told.push(one);
    return one;
  };
  return {
    told,
    first: input(add(Buffer.alloc(8))),
    open: () => {
      const one = add(Buffer.alloc(0));
      const stdin = input(one);
      one.child = Object.assign(new EventEmitter(), {
        stdin,
        stdout: null,
        stderr: null,
        stdio: [stdin],
        kill: () => {},
      });
      return one.child as unknown as ChildProcess;
    },
    /** Reads at most `count` bytes of a carrier, if it is its turn. */
    read: (one: Told, count: number) => {
      if (one.bytes.length < 8) return;
      one.read = Math.max(8, one.read);
      const at = Number(one.bytes.readBigUInt64BE()) + one.read - 8;
      if (at > taken.length) return;
      const piece = one.bytes.subarray(one.read, one.read + count);
      one.read += piece.length;
      taken = Buffer.concat([taken, piece.subarray(Math.min(piece.length, taken.length - at))]);
    },
    /** What was full has room again. */
    drain: () => {
      for (const { input } of told) {
        if (input?.writableNeedDrain !== true) continue;
        input.writableNeedDrain = false;
        input.emit("drain");
      }
    },
    /** How much more has arrived since it was asked. */
    arrived: () => {
      const more = taken.length - thanked;
      thanked = taken.length;
      return more;
    },
    taken: () => taken,
  };
}
