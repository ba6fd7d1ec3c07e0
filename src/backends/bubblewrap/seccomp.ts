import { BottleError } from "../../core/model/errors.ts";

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

/** CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET} (linux/sched.h). */
export const CLONE_NEW = 0x7e020000;
const [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] = [1, 2, 10, 16];
const NETLINK_ROUTE = 0;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

/** Calls refused outright with EPERM: name to number on x86-64 and on arm64 (null: not there). */
export const REFUSED: Readonly<Record<string, readonly [number | null, number | null]>> = {
  // New namespaces and mounts: `--disable-userns` cannot be used with `--userns-block-fd`, so nesting is closed here.
  unshare: [272, 97],
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  open_tree_attr: [467, 467],
  // The kernel's own machinery.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  create_module: [174, null],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  iopl: [172, null],
  ioperm: [173, null],
  acct: [163, 89],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  settimeofday: [164, 170],
  syslog: [103, 116],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  lookup_dcookie: [212, 18],
  nfsservctl: [180, 42],
  vhangup: [153, 58],
  uselib: [134, null],
  // Keyrings are not in a namespace.
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // io_uring makes socket calls that no filter sees (attack row 85).
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  // Other processes' memory, descriptors and pages; handles that name files outside the mounts (CVE-2014-3519 class).
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  pidfd_getfd: [438, 438],
  kcmp: [312, 272],
  move_pages: [279, 239],
  migrate_pages: [256, 238],
  open_by_handle_at: [304, 265],
};

/** Calls that are judged by their arguments, or answered with ENOSYS. */
export const JUDGED = {
  x64: { clone: 56, clone3: 435, ioctl: 16, socket: 41, socketpair: 53 },
  arm64: { clone: 220, clone3: 435, ioctl: 29, socket: 198, socketpair: 199 },
} as const;

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
    jump(EQUAL, TIOCSTI, "eperm", NEXT),
    jump(EQUAL, TIOCLINUX, "eperm", "allow"),
    load(low(0), "socket"),
    jump(EQUAL, AF_UNIX, "allow", NEXT),
    jump(EQUAL, AF_INET, "allow", NEXT),
    jump(EQUAL, AF_INET6, "allow", NEXT),
    jump(EQUAL, AF_NETLINK, NEXT, "eafnosupport"),
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
