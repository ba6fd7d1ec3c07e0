import { BottleError } from "../core/model/errors.ts";
import { CLONE_NEW, FAMILIES, JUDGED, NETLINK_ROUTE, PLANTED_INPUT, REFUSED } from "./system-calls.ts";

/** One instruction of classic BPF (linux/filter.h: struct sock_filter). */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

const LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const AT_LEAST = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const ANY_BIT = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const RETURN = 0x06; // BPF_RET | BPF_K

/** Offsets in struct seccomp_data (linux/seccomp.h), little-endian: the low half of argument n is at 16 + 8n. */
const NR = 0;
const ARCH = 4;
const low = (argument: number) => 16 + 8 * argument;

export const ACTIONS = {
  allow: 0x7fff0000,
  kill: 0x80000000,
  eperm: 0x00050001,
  enosys: 0x00050026,
  eafnosupport: 0x00050061,
} as const;
type Action = keyof typeof ACTIONS;

/** linux/audit.h: AUDIT_ARCH_*. */
export const AUDIT_ARCH = { x64: 0xc000003e, arm64: 0xc00000b7, i386: 0x40000003, arm: 0x40000028 } as const;

/** Bit that marks the x32 calls of x86-64, which would bypass a list of ordinary numbers. */
const X32_BIT = 0x40000000;

/** An instruction whose jumps still name their targets; `next` is the one after it. */
interface Step {
  readonly label?: string;
  readonly code: number;
  readonly k: number;
  readonly then?: string;
  readonly else?: string;
}

const NEXT = "next";

/**
 * The filter of every process in a bottle: allowed unless listed. A deny list, because agents run any program of the
 * host; what it closes is what namespaces leave open (attack rows 84, 85, 142):
 * foreign architectures and x32 die; socket families outside the network namespace do not exist;
 * namespaces, mounts, keyrings, io_uring and other processes' memory are refused; a terminal takes no planted input.
 * Throws HOST_UNFIT on other architectures.
 */
export function seccompProgram(arch: string): readonly Instruction[] {
  if (arch !== "x64" && arch !== "arm64") {
    throw new BottleError("HOST_UNFIT", `no system call filter for the architecture ${arch}`, {
      hint: "use an x86-64 or arm64 machine",
    });
  }
  const judged = JUDGED[arch];
  const load = (offset: number, label?: string): Step => ({ code: LOAD, k: offset, ...(label && { label }) });
  const jump = (code: number, k: number, then: string, otherwise: string): Step => ({ code, k, then, else: otherwise });
  const steps: Step[] = [
    load(ARCH),
    jump(EQUAL, AUDIT_ARCH[arch], NEXT, "kill"),
    load(NR),
    ...(arch === "x64" ? [jump(AT_LEAST, X32_BIT, "kill", NEXT)] : []),
    jump(EQUAL, judged.clone, "clone", NEXT),
    jump(EQUAL, judged.socket, "socket", NEXT),
    jump(EQUAL, judged.socketpair, "socket", NEXT),
    jump(EQUAL, judged.ioctl, "ioctl", NEXT),
    // The flags of clone3 are behind a pointer that no filter can read; with ENOSYS libc falls back to clone.
    jump(EQUAL, judged.clone3, "enosys", NEXT),
    ...Object.values(REFUSED)
      .map(([x64, arm64]) => (arch === "x64" ? x64 : arm64))
      .filter((nr) => nr !== null)
      .map((nr) => jump(EQUAL, nr, "eperm", NEXT)),
    { code: RETURN, k: ACTIONS.allow },
    // The kernel takes 32 bits of each of these arguments, so only these are compared: high bits must not matter.
    load(low(0), "clone"),
    jump(ANY_BIT, CLONE_NEW, "eperm", "allow"),
    load(low(1), "ioctl"),
    jump(EQUAL, PLANTED_INPUT.TIOCSTI, "eperm", NEXT),
    jump(EQUAL, PLANTED_INPUT.TIOCLINUX, "eperm", "allow"),
    load(low(0), "socket"),
    jump(EQUAL, FAMILIES.unix, "allow", NEXT),
    jump(EQUAL, FAMILIES.inet, "allow", NEXT),
    jump(EQUAL, FAMILIES.inet6, "allow", NEXT),
    jump(EQUAL, FAMILIES.netlink, NEXT, "eafnosupport"),
    load(low(2)),
    jump(EQUAL, NETLINK_ROUTE, "allow", "eafnosupport"),
    ...(["allow", "eperm", "enosys", "eafnosupport", "kill"] as const).map(
      (action: Action): Step => ({ code: RETURN, k: ACTIONS[action], label: action }),
    ),
  ];
  return assemble(steps);
}

function assemble(steps: readonly Step[]): readonly Instruction[] {
  const at = new Map<string, number>();
  steps.forEach((step, index) => {
    if (step.label !== undefined) at.set(step.label, index);
  });
  return steps.map((step, index) => {
    const distance = (target: string | undefined) => {
      if (target === undefined || target === NEXT) return 0;
      const offset = (at.get(target) ?? -1) - index - 1;
      if (offset < 0 || offset > 255) throw new BottleError("INVARIANT", `seccomp: jump to ${target} out of reach`);
      return offset;
    };
    return { code: step.code, jt: distance(step.then), jf: distance(step.else), k: step.k };
  });
}

/** The bytes that `bwrap --seccomp FD` reads: struct sock_filter[], little-endian on both architectures. */
export function seccompBytes(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach((instruction, index) => {
    bytes.writeUInt16LE(instruction.code, index * 8);
    bytes.writeUInt8(instruction.jt, index * 8 + 2);
    bytes.writeUInt8(instruction.jf, index * 8 + 3);
    bytes.writeUInt32LE(instruction.k, index * 8 + 4);
  });
  return bytes;
}
