import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import {
  groupFor,
  joinFiles,
  limitWrites,
  scopePrefix,
  sliceLimits,
  sliceTag,
} from "../../../src/backends/bubblewrap/cgroup.ts";
import { diagnose } from "../../../src/backends/bubblewrap/diagnosis.ts";
import { cgroupFindings, kernelFindings } from "../../../src/backends/bubblewrap/probe.ts";
import { parseTag, tagOf } from "../../../src/backends/bubblewrap/survey.ts";
import { BACKEND_NAMES, loadBackend } from "../../../src/backends/builtins.ts";
import { guestArchive } from "../../../src/backends/guest-archive.ts";
import { queue } from "../../../src/backends/queue.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import fc from "../../support/properties.ts";

const HOST = { pid: 12, startTime: 345, bootId: "b" };
const LIMITS = { memoryBytes: 1024, cpus: 1.5, pids: 7, tmpBytes: 1 };

test("control groups of v1, v2 and systemd, as data", () => {
  const v1 = groupFor("a-b", HOST, { kind: "v1", roots: { memory: "/c/memory", pids: "/c/pids" } });
  assert.deepEqual(joinFiles(v1), ["/c/memory/bot-bottle-a-b.12-345/tasks", "/c/pids/bot-bottle-a-b.12-345/tasks"]);
  const v2 = groupFor("a-b", HOST, { kind: "v2", root: "/c" });
  assert.deepEqual(joinFiles(v2), ["/c/bot-bottle-a-b.12-345/cgroup.procs"]);
  const systemd = groupFor("a-b", HOST, { kind: "systemd", scope: "user" });
  assert.ok(systemd.kind === "systemd" && !systemd.slice.includes("-"), "a dash would nest the slice");
  assert.equal(sliceTag(systemd.slice), "a-b.12-345");
  for (const slice of ["", "user.slice", "botbottle_a.slice", "botbottle_a_1_2.slice.d", "x_botbottle_a_1_2.slice"]) {
    assert.equal(sliceTag(slice), null, slice);
  }
  assert.deepEqual(joinFiles(systemd), []);
  assert.ok(scopePrefix(systemd, "/usr/bin/systemd-run").includes("--scope"));
  if (systemd.kind === "systemd") {
    assert.deepEqual(sliceLimits(systemd, LIMITS).slice(3), [
      systemd.slice,
      "MemoryMax=1024",
      "MemorySwapMax=0",
      "TasksMax=7",
      "CPUQuota=150%",
    ]);
  }
  assert.deepEqual(scopePrefix(v1, "/usr/bin/systemd-run"), []);
  assert.deepEqual(joinFiles(groupFor("a", HOST, { kind: "none", why: "w" })), []);
});

test("limits as the kernel wants them", () => {
  const text = (kind: "v1" | "v2") => limitWrites(kind, LIMITS).map(({ file, value }) => `${file}=${value}`);
  assert.deepEqual(text("v1"), [
    "memory.limit_in_bytes=1024",
    "memory.memsw.limit_in_bytes=1024",
    "pids.max=7",
    "cpu.cfs_period_us=100000",
    "cpu.cfs_quota_us=150000",
  ]);
  assert.deepEqual(text("v2"), ["memory.max=1024", "memory.swap.max=0", "pids.max=7", "cpu.max=150000 100000"]);
});

test("what tools say about a refused cage maps to a mend", () => {
  for (const [words, id] of [
    ["bwrap: setting up uid map: Permission denied", "userns-blocked"],
    ["bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "userns-blocked"],
    ["EPERM: operation not permitted, open '/proc/9/uid_map'", "userns-blocked"],
    [
      "bwrap: No permissions to creating new namespace, likely because the kernel does not allow non-privileged user namespaces.",
      "userns-forbidden",
    ],
    ["bwrap: Creating new namespace failed: No space left on device", "userns-limit"],
    ["bwrap: Unknown option --as-pid-1", "tool-too-old"],
    ["bwrap: Can't find source path /home/x/y: Permission denied", "source-unreachable"],
    ["bwrap: Can't mount on symlink destination /newroot/x", "mount-refused"],
    ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "proc-masked"],
    ["something new", "cage-failed"],
    ["", "cage-failed"],
  ] as const) {
    const finding = diagnose(words);
    assert.deepEqual([finding.id, finding.level], [id, "error"], words);
    assert.ok(finding.mend !== undefined && finding.mend.length > 5);
    assert.ok(finding.message.includes(words));
  }
});

test("kernel settings and control groups become findings", () => {
  assert.deepEqual(
    kernelFindings(() => ""),
    [],
  );
  const zero = kernelFindings((path) =>
    path.endsWith("max_user_namespaces") || path.endsWith("_clone") ? "0\n" : "100\n",
  );
  assert.deepEqual(
    zero.map(({ id }) => id),
    ["userns-limit", "userns-forbidden"],
  );
  const facts = gatherFacts();
  const ids = (cgroup: typeof facts.cgroup, linger = false) =>
    cgroupFindings({ ...facts, cgroup }, () => linger).map(({ id, level }) => `${id}:${level}`);
  assert.deepEqual(ids({ kind: "none", why: "w" }), ["no-cgroup:warning"]);
  assert.deepEqual(ids({ kind: "systemd", scope: "user" }), ["cgroup:ok", "no-linger:warning"]);
  assert.deepEqual(ids({ kind: "systemd", scope: "user" }, true), ["cgroup:ok"]);
  assert.deepEqual(ids({ kind: "v1", roots: { memory: "/m", pids: "/p" } }), ["cgroup:ok", "no-cpu-cgroup:warning"]);
});

test("row 153: a tag is read only whole", () => {
  assert.deepEqual(parseTag(tagOf("my-bottle", HOST)), { bottle: "my-bottle", pid: 12, startTime: 345 });
  for (const tag of [
    "",
    "a",
    "a.1",
    "a.1-",
    "a.-1",
    "../x.1-2",
    "A.1-2",
    "a.1-2-3",
    "a.1-2 ",
    "a.b.1-2",
    `${"a".repeat(60)}.1-2`,
  ])
    assert.equal(parseTag(tag), null, tag);
  fc.assert(fc.property(fc.string(), (tag) => void parseTag(tag)));
});

test("a guest archive is unpacked by tar as it was meant", () => {
  const long = `${"d/".repeat(60)}${"x".repeat(90)}`;
  const archive = guestArchive([
    { path: "/a b", mode: 0o600, content: Buffer.from("one") },
    { path: `/${long}`, mode: 0o755, content: Buffer.alloc(512, 1) },
    { path: "/ümlaut\n", mode: 0o644, content: Buffer.alloc(513, 2) },
  ]);
  assert.equal(archive.length % 512, 0);
  const { stdout, status } = spawnSync("tar", ["-tv", "--quoting-style=escape", "-f", "-"], {
    input: archive,
    encoding: "utf8",
    env: { LC_ALL: "C.UTF-8", PATH: "/usr/bin:/bin" },
  });
  assert.equal(status, 0);
  const lines = stdout.trim().split("\n");
  assert.match(lines[0] ?? "", /^-rw------- 0\/0 +3 .* a b$/);
  assert.ok(lines[1]?.startsWith("-rwxr-xr-x") && lines[1].endsWith(` ${long}`));
  assert.match(lines[2] ?? "", /^-rw-r--r-- .* 513 .* ümlaut\\n$/);
});

test("a queue runs as many as it has places, in order, and goes on after a failure", async () => {
  const slot = queue(3);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, (_, n) =>
      slot(async () => {
        running += 1;
        most = Math.max(most, running);
        order.push(n);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        if (n % 3 === 0) throw new Error("x");
        return n;
      }),
    ),
  );
  assert.equal(most, 3);
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 6);
});

test("the list of backends names each once; an unknown name is told the others", async () => {
  for (const name of BACKEND_NAMES) assert.equal((await loadBackend(name)).name, name);
  for (const name of ["", "nope", "toString", "__proto__"])
    await assert.rejects(loadBackend(name), /no backend is called/);
});

test("plan is data and says when limits are only measured", async () => {
  const backend = await loadBackend("bubblewrap");
  const facts = gatherFacts();
  const plan = backend.plan({} as never, { ...facts, cgroup: { kind: "none", why: "no delegation" } });
  assert.match(JSON.stringify(plan), /measured each second.*no delegation/);
});
