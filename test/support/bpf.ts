import type { Instruction } from "../../src/backends/call-filter.ts";

/** What a filter sees of a system call (linux/seccomp.h, struct seccomp_data). */
export interface Call {
  readonly arch: number;
  readonly nr: number;
  readonly args?: readonly bigint[];
}

function data({ arch, nr, args = [] }: Call): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.writeInt32LE(nr | 0, 0);
  bytes.writeUInt32LE(arch, 4);
  args.forEach((arg, index) => {
    bytes.writeBigUInt64LE(BigInt.asUintN(64, arg), 16 + 8 * index);
  });
  return bytes;
}

/** Interprets the few instructions of classic BPF that a filter here uses; throws on any other, and on a bad jump. */
export function interpret(program: readonly Instruction[], call: Call): number {
  const bytes = data(call);
  let accumulator = 0;
  for (let at = 0; ; ) {
    const instruction = program[at];
    if (instruction === undefined) throw new Error(`jump out of the program to ${at}`);
    const { code, jt, jf, k } = instruction;
    if (code === 0x06) return k;
    if (code === 0x20) {
      accumulator = bytes.readUInt32LE(k);
      at += 1;
      continue;
    }
    const holds =
      code === 0x15
        ? accumulator === k
        : code === 0x35
          ? accumulator >= k
          : code === 0x45
            ? (accumulator & k) !== 0
            : null;
    if (holds === null) throw new Error(`instruction ${code.toString(16)}`);
    at += 1 + (holds ? jt : jf);
  }
}

const FIELDS: Readonly<Record<number, string>> = { 0: "nr", 4: "arch", 16: "arg0", 24: "arg1", 32: "arg2" };

/** The program as a reader sees it: one line an instruction. */
export function disassemble(program: readonly Instruction[], action: (value: number) => string): string {
  const target = (at: number, distance: number) => (distance === 0 ? "" : ` -> ${at + 1 + distance}`);
  return program
    .map(({ code, jt, jf, k }, at) => {
      const line = `${String(at).padStart(3)}  `;
      if (code === 0x06) return `${line}return ${action(k)}`;
      if (code === 0x20) return `${line}load ${FIELDS[k] ?? k}`;
      const question = { 21: "==", 53: ">=", 69: "&" }[code] ?? "?";
      return `${line}if ${question} 0x${k.toString(16)}${target(at, jt) && ` then${target(at, jt)}`}${target(at, jf) && ` else${target(at, jf)}`}`;
    })
    .join("\n");
}
