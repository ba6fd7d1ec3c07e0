import assert from "node:assert/strict";
import { test } from "node:test";
import { type CageSpec, cageArguments } from "../../../src/backends/docker/cage-arguments.ts";
import { mountArguments } from "../../../src/backends/docker/mount-words.ts";
import { planContainer, readContainerPlan } from "../../../src/backends/docker/plan.ts";
import { seccompProfile } from "../../../src/backends/docker/seccomp.ts";
import { socketAttachment } from "../../../src/backends/docker/socket-placement.ts";
import { EnteredFilter } from "../../../src/backends/entered-filter.ts";
import { CLONE_NEW, FAMILIES, REFUSED } from "../../../src/backends/system-calls.ts";
import { BottleError } from "../../../src/core/model/errors.ts";

const SPEC: CageSpec = {
  name: "cage",
  ownership: { kind: "cage", bottle: "one", owner: 0, machine: "m", version: "1" },
  image: `sha256:${"a".repeat(64)}`,
  runtime: null,
  seccompFile: "/run/x/seccomp",
  etc: "/run/x/etc",
  attachment: socketAttachment("/run/x"),
  mounts: [
    { host: "/state/home", guest: "/home/agent", writable: true },
    { host: "/opt/tool", guest: "/opt/tool" },
  ],
  limits: { memoryBytes: 1 << 30, cpus: 1.5, pids: 100, tmpBytes: 1 << 20 },
};

/** Does `words` hold these one after the other? */
const has = (words: readonly string[], ...part: readonly string[]) =>
  words.some((_, at) => part.every((word, index) => words[at + index] === word));

test("a cage has no network, no capability, no new privileges, a filter, a read-only root and sized places", () => {
  const words = cageArguments(SPEC);
  for (const part of [
    ["--network", "none"],
    ["--cap-drop", "ALL"],
    ["--security-opt", "no-new-privileges"],
    ["--security-opt", "seccomp=/run/x/seccomp"],
    ["--user", "999:999"],
    ["--ipc", "private"],
    ["--hostname", "bottle"],
    ["--pull", "never"],
    ["--log-driver", "none"],
    ["--memory", "1073741824"],
    ["--memory-swap", "1073741824"],
    ["--cpus", "1.5"],
    ["--pids-limit", "104"],
    ["--shm-size", "1048576"],
    ["--ulimit", "core=0"],
    ["--tmpfs", "/tmp:rw,exec,nosuid,nodev,mode=1777,size=1048576"],
  ]) {
    assert.ok(has(words, ...part), part.join(" "));
  }
  for (const flag of ["--read-only", "--init", "--rm", "--interactive", "--no-healthcheck"]) {
    assert.ok(words.includes(flag), flag);
  }
  for (const never of ["--privileged", "--cap-add", "--publish", "--volume", "--device", "--env-file", "--tty"]) {
    assert.ok(!words.includes(never), never);
  }
});

test("row 78: what is mounted is what was planned, and read-only unless it is the agent's own", () => {
  const mounts = cageArguments(SPEC).filter((word) => word.startsWith("type=bind"));
  assert.deepEqual(mounts, [
    ...["passwd", "group", "hosts", "nsswitch.conf", "resolv.conf"].map(
      (name) => `type=bind,src=/run/x/etc/${name},dst=/etc/${name},readonly`,
    ),
    "type=bind,src=/run/x/way,dst=/run/way,readonly",
    "type=bind,src=/state/home,dst=/home/agent",
    "type=bind,src=/opt/tool,dst=/opt/tool,readonly",
  ]);
});

test("the environment that is given are proxies that stand for none: a client's configuration adds the operator's", () => {
  const words = cageArguments(SPEC);
  const given = words.filter((_, at) => words[at - 1] === "--env").sort();
  assert.deepEqual(
    given,
    ["ALL_PROXY", "FTP_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"]
      .flatMap((name) => [`${name}=`, `${name.toLowerCase()}=`])
      .sort(),
  );
});

test("a runtime is named only where one was asked for", () => {
  assert.ok(!cageArguments(SPEC).includes("--runtime"));
  assert.ok(has(cageArguments({ ...SPEC, runtime: "runsc" }), "--runtime", "runsc"));
});

test("no path can say more than a path", () => {
  const [, odd] = mountArguments([{ host: '/a,readonly=false,b"c', guest: "/x\ny", writable: true }]);
  assert.equal(odd, 'type=bind,"src=/a,readonly=false,b""c","dst=/x\ny"');
});

test("the plan keeps what the operator chose, and reads nothing else back", () => {
  const chosen = { image: "mine:1", placement: "bundle", runtime: "runsc" } as const;
  assert.deepEqual(readContainerPlan(planContainer(chosen)), chosen);
  const none = { image: null, placement: null, runtime: null };
  assert.deepEqual(readContainerPlan(planContainer(undefined)), none);
  assert.deepEqual(readContainerPlan({ image: 7, placement: "castle", runtime: [] }), none);
  assert.deepEqual(readContainerPlan(null), none);
});

test("rows 84, 85, 142: the profile refuses what bubblewrap's filter refuses, made from the same table", () => {
  for (const [arch, column] of [
    ["x64", 0],
    ["arm64", 1],
  ] as const) {
    const { defaultAction, syscalls } = seccompProfile(arch);
    assert.equal(defaultAction, "SCMP_ACT_ALLOW");
    const whole = syscalls.filter(({ args }) => args === undefined).flatMap(({ names }) => names);
    const expected = Object.entries(REFUSED).flatMap(([name, numbers]) => (numbers[column] === null ? [] : [name]));
    assert.deepEqual(whole.sort(), [...expected, "clone3"].sort());
  }
  assert.throws(
    () => seccompProfile("riscv64"),
    (error) => error instanceof BottleError && error.code === "HOST_UNFIT",
  );
});

/** What libseccomp makes of a profile for one call: 64-bit comparisons, all of a rule, any of the rules. */
function verdict(name: string, ...args: readonly number[]): number {
  const value = (index: number) => BigInt(args[index] ?? 0);
  const rule = seccompProfile("x64").syscalls.find(
    ({ names, args: conditions = [] }) =>
      names.includes(name) &&
      conditions.every(({ index, op, value: wanted, valueTwo = 0 }) => {
        const is = value(index);
        if (op === "SCMP_CMP_EQ") return is === BigInt(wanted);
        if (op === "SCMP_CMP_NE") return is !== BigInt(wanted);
        if (op === "SCMP_CMP_GE") return is >= BigInt(wanted);
        return (is & BigInt(wanted)) === BigInt(valueTwo);
      }),
  );
  return rule?.errnoRet ?? 0;
}

test("rows 73, 81, 142: of socket families four are left, whatever the high bits; of netlink one protocol", () => {
  const allowed: readonly number[] = Object.values(FAMILIES);
  for (const call of ["socket", "socketpair"]) {
    for (let family = 0; family < 64; family += 1) {
      assert.equal(verdict(call, family, 1, 0), allowed.includes(family) ? 0 : 97, `${call} ${family}`);
      assert.equal(verdict(call, family + 2 ** 32, 1, 0), 97, `${call} ${family} with high bits`);
    }
    assert.equal(verdict(call, FAMILIES.netlink, 3, 15), 97);
  }
});

test("row 142: input is planted and namespaces are made by no spelling", () => {
  for (const request of [0x5412, 0x541c]) {
    assert.deepEqual([verdict("ioctl", 0, request), verdict("ioctl", 0, request + 2 ** 32)], [1, 1]);
  }
  assert.equal(verdict("ioctl", 0, 0x5413), 0);
  for (let bit = 1; bit < 2 ** 31; bit *= 2) {
    assert.equal(verdict("clone", bit + 17), (bit & CLONE_NEW) !== 0 ? 1 : 0, `clone ${bit}`);
  }
});

test("docker's own failure is told from the command's by what the first process inside says", () => {
  const seen: string[] = [];
  const filter = new EnteredFilter((chunk) => void seen.push(chunk.toString()));
  for (const piece of ["\u0001ent", "ered", "\nreal words"]) filter.push(Buffer.from(piece));
  assert.deepEqual([filter.entered, seen], [true, ["real words"]]);
  const refused = new EnteredFilter(undefined);
  assert.equal(refused.take(Buffer.from("OCI runtime exec failed: entered\n")).length, 0);
  assert.deepEqual([refused.entered, refused.head.toString()], [false, "OCI runtime exec failed: entered\n"]);
  const warned = new EnteredFilter(undefined);
  for (const piece of ["WARNING: no swap\nWARN retrying\n\u0001ent", "ered\n"]) warned.take(Buffer.from(piece));
  assert.equal(warned.take(Buffer.from("real words")).toString(), "real words");
  const quoted = new EnteredFilter(undefined);
  quoted.take(Buffer.from("refused: \u0001entered\n"));
  assert.equal(quoted.entered, false);
  // A command may say the same words later: only the first are ours.
  const later = new EnteredFilter(undefined);
  assert.equal(later.take(Buffer.from("\u0001entered\n\u0001entered\nx")).toString(), "\u0001entered\nx");
});
