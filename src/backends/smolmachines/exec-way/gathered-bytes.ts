/** Bytes that wait, in one piece of memory however small the pieces were in which they came. */
export interface GatheredBytes {
  readonly length: number;
  add(bytes: Uint8Array): void;
  /** All of them; then there are none. */
  take(): Uint8Array;
}

const LEAST = 1024;

export function gatheredBytes(): GatheredBytes {
  let memory = new Uint8Array(0);
  let length = 0;
  return {
    get length() {
      return length;
    },
    add: (bytes) => {
      const needed = length + bytes.length;
      if (needed > memory.length) {
        const wider = new Uint8Array(Math.max(LEAST, 2 ** Math.ceil(Math.log2(needed))));
        wider.set(memory.subarray(0, length));
        memory = wider;
      }
      memory.set(bytes, length);
      length = needed;
    },
    take: () => {
      const all = memory.subarray(0, length);
      memory = new Uint8Array(0);
      length = 0;
      return all;
    },
  };
}
