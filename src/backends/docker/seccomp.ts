import { BottleError } from "../../core/model/errors.ts";
import { CLONE_NEW, FAMILIES, NETLINK_ROUTE, PLANTED_INPUT, REFUSED } from "../system-calls.ts";

/** The profile format of Docker and podman (moby profiles/seccomp, OCI runtime-spec 1.0 config-linux.md#seccomp). */
export interface SeccompProfile {
  readonly defaultAction: "SCMP_ACT_ALLOW";
  readonly archMap: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] }[];
  readonly syscalls: readonly SeccompRule[];
}

/** All conditions of `args` must hold; of two rules either is enough. */
export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: "SCMP_ACT_ERRNO";
  readonly errnoRet: number;
  readonly args?: readonly SeccompCondition[];
}

/** For SCMP_CMP_MASKED_EQ `value` is the mask and `valueTwo` what is left under it (seccomp_rule_add(3)). */
export interface SeccompCondition {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: "SCMP_CMP_EQ" | "SCMP_CMP_NE" | "SCMP_CMP_GE" | "SCMP_CMP_MASKED_EQ";
}

const ERRNO = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 } as const;
/** libseccomp compares 64 bits where the kernel takes 32: high bits must not make another value of it (CVE-2019-10063). */
const LOW_BITS = 0xffffffff;

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "SCMP_ARCH_X86_64", arm64: "SCMP_ARCH_AARCH64" };

/**
 * The same filter as bubblewrap's, in the engine's words: made from the same table, no architecture but the machine's own
 * (what comes as another dies). A call that the engine's libseccomp does not know by name is left open by it; all of
 * those need a capability that no process of a bottle has. `arch` as `process.arch`. Throws HOST_UNFIT for others. Pure.
 */
export function seccompProfile(arch: string): SeccompProfile {
  const architecture = ARCHITECTURES[arch];
  if (architecture === undefined) {
    throw new BottleError("HOST_UNFIT", `no system call filter for the architecture ${arch}`, {
      hint: "use an x86-64 or arm64 machine",
    });
  }
  const column = arch === "x64" ? 0 : 1;
  const refused = Object.entries(REFUSED).flatMap(([name, numbers]) => (numbers[column] === null ? [] : [name]));
  return {
    defaultAction: "SCMP_ACT_ALLOW",
    archMap: [{ architecture, subArchitectures: [] }],
    syscalls: [
      refuse(refused, "EPERM"),
      // The flags of clone3 are behind a pointer that no filter can read; with ENOSYS libc falls back to clone.
      refuse(["clone3"], "ENOSYS"),
      ...bitsOf(CLONE_NEW).map((bit) =>
        refuse(["clone"], "EPERM", [{ index: 0, value: bit, valueTwo: bit, op: "SCMP_CMP_MASKED_EQ" }]),
      ),
      ...Object.values(PLANTED_INPUT).map((request) =>
        refuse(["ioctl"], "EPERM", [{ index: 1, value: LOW_BITS, valueTwo: request, op: "SCMP_CMP_MASKED_EQ" }]),
      ),
      ...familyRules(),
    ],
  };
}

/**
 * No list of what is allowed can be said with a default of "allow", so all else is named: each number below the greatest
 * allowed family, everything from there on (which covers what has high bits too), and netlink but for one protocol.
 */
function familyRules(): SeccompRule[] {
  const allowed: readonly number[] = Object.values(FAMILIES);
  const greatest = Math.max(...allowed);
  const others = Array.from({ length: greatest }, (_, family) => family).filter((family) => !allowed.includes(family));
  const conditions: (readonly SeccompCondition[])[] = [
    ...others.map((value) => [{ index: 0, value, op: "SCMP_CMP_EQ" } as const]),
    [{ index: 0, value: greatest + 1, op: "SCMP_CMP_GE" }],
    [
      { index: 0, value: FAMILIES.netlink, op: "SCMP_CMP_EQ" },
      { index: 2, value: NETLINK_ROUTE, op: "SCMP_CMP_NE" },
    ],
  ];
  return conditions.map((args) => refuse(["socket", "socketpair"], "EAFNOSUPPORT", args));
}

function refuse(names: readonly string[], errno: keyof typeof ERRNO, args?: readonly SeccompCondition[]): SeccompRule {
  return { names, action: "SCMP_ACT_ERRNO", errnoRet: ERRNO[errno], ...(args !== undefined && { args }) };
}

function bitsOf(mask: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => 2 ** bit).filter((bit) => Math.floor(mask / bit) % 2 === 1);
}
