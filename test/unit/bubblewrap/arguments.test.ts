import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import {
  becomeUser,
  type CageParts,
  cageArguments,
  idMap,
  initCommand,
} from "../../../src/backends/bubblewrap/cage-arguments.ts";
import { type Entry, entryCommand } from "../../../src/backends/bubblewrap/entry-arguments.ts";
import { refusedGuest } from "../../../src/backends/guest.ts";
import { shellLine } from "../../../src/core/wire/shell-words.ts";
import fc from "../../support/properties.ts";

const PARTS: CageParts = {
  mode: "user",
  view: {
    links: [{ path: "/bin", target: "usr/bin" }],
    binds: [
      { host: "/lib32", guest: "/lib32" },
      { host: "/etc/ssl/certs", guest: "/etc/ssl/certs" },
    ],
  },
  etc: "/run/x/etc",
  run: "/run/x/guest",
  home: "/state/home",
  workspace: { host: "/state/workspace", guest: "/workspace" },
  mounts: [{ host: "/cache/claude", guest: "/opt/agent/claude" }],
  tmpBytes: 4096,
};

function options(args: readonly string[], name: string, words: number): string[][] {
  return args.flatMap((arg, at) => (arg === name ? [args.slice(at + 1, at + 1 + words)] : []));
}

for (const mode of ["user", "root"] as const) {
  const args = cageArguments({ ...PARTS, mode });

  test(`${mode}: everything is unshared, the cage dies with its parent, no terminal, no environment`, () => {
    for (const word of [
      "--unshare-all",
      "--unshare-user",
      "--die-with-parent",
      "--new-session",
      "--as-pid-1",
      "--clearenv",
    ])
      assert.ok(args.includes(word), word);
    for (const word of ["--share-net", "--setenv", "--dev-bind", "--disable-userns"])
      assert.ok(!args.includes(word), word);
    assert.deepEqual(options(args, "--cap-drop", 1), [["ALL"]]);
    assert.deepEqual(
      options(args, "--cap-add", 1).flat(),
      mode === "root" ? ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"] : [],
    );
    assert.deepEqual(options(args, "--seccomp", 1), [["9"]]);
  });

  test(`${mode}: only home and workspace are bound writable, and come after every other mount`, () => {
    assert.deepEqual(options(args, "--bind", 2), [
      ["/state/home", "/home/agent"],
      ["/state/workspace", "/workspace"],
    ]);
    const first = args.indexOf("--bind");
    for (const word of ["--ro-bind", "--symlink", "--tmpfs", "--dir", "--file", "--proc", "--dev"])
      assert.ok(args.lastIndexOf(word) < first, word);
    assert.equal(args.at(-1), "/");
    assert.equal(args.at(-2), "--remount-ro");
  });

  test(`${mode}: row 154: every tmpfs has a size and /dev is closed after /dev/shm is made`, () => {
    const tmpfs = args.flatMap((arg, at) => (arg === "--tmpfs" ? [args.slice(at - 2, at + 2)] : []));
    assert.deepEqual(tmpfs, [
      ["--size", "4096", "--tmpfs", "/dev/shm"],
      ["--size", "4096", "--tmpfs", "/tmp"],
    ]);
    assert.deepEqual(options(args, "--remount-ro", 1), [["/dev"], ["/"]]);
    assert.ok(args.indexOf("/dev/shm") < args.indexOf("--remount-ro"));
  });

  test(`${mode}: row 146: of /etc only the listed parts; parents are readable folders`, () => {
    const shown = options(args, "--ro-bind", 2).map(([, guest]) => guest);
    assert.ok(!shown.includes("/etc") && !shown.includes("/etc/ssl") && shown.includes("/etc/ssl/certs"));
    for (const folder of ["/opt", "/opt/agent", "/home", "/run", "/etc", "/etc/ssl"]) {
      const at = args.findIndex((arg, index) => arg === "--dir" && args[index + 1] === folder);
      assert.deepEqual(args.slice(at - 2, at), ["--perms", "0755"], folder);
    }
  });
}

test("row 146: under root the agent's kernel id is mapped beside 0, and taken before the idle process runs", () => {
  assert.equal(idMap("user", 1500), "1000 1500 1\n");
  assert.equal(idMap("root", 1500), "0 0 1\n999 64124 1\n1000 1500 1\n");
  assert.equal(initCommand("root")[0], "/usr/bin/setpriv");
  const words = becomeUser(1000).join(" ");
  for (const part of [
    "--reuid 1000",
    "--regid 1000",
    "--clear-groups",
    "--bounding-set -all",
    "--no-new-privs",
    "--pdeathsig KILL",
  ])
    assert.ok(words.includes(part), part);
});

test("row 86: CVE-2026-87766: guest paths in, at or around what the agent writes are refused, and system folders", () => {
  const writable = ["/home/agent", "/workspace"];
  for (const guest of [
    "/workspace",
    "/workspace/x",
    "/home/agent/x",
    "/home",
    "/",
    "",
    "opt",
    "/opt/../workspace",
    "/opt//x",
    "/opt/",
    "/usr/local/x",
    "/tmp/x",
    "/run/bottle/x",
    "/proc",
    "/dev/x",
    "/etc/x",
    "/sys",
  ]) {
    assert.notEqual(refusedGuest(guest, writable), null, guest);
  }
  for (const guest of ["/opt/agent/claude", "/srv/data", "/workspace2", "/home2/agent"])
    assert.equal(refusedGuest(guest, writable), null, guest);
});

const ENTRY: Entry = {
  mode: "user",
  tag: "one.1-2",
  init: { pid: 4321, startTime: 777, bootId: "b" },
  seccompFile: "/run/x y/it's.bpf",
  group: { kind: "v1", folders: ["/sys/fs/cgroup/pids/bot-bottle-a.1-2"] },
  cwd: "/workspace",
  tools: {
    shell: "/usr/bin/bash",
    env: "/usr/bin/env",
    nsenter: "/usr/bin/nsenter",
    script: "/usr/bin/script",
    systemdRun: "/usr/bin/systemd-run",
  },
  managerEnv: {},
};

test("part 2: with and without a terminal the same words run", () => {
  const command = { argv: ["claude", "it's", "$x"], cwd: "/tmp" };
  const plain = entryCommand(ENTRY, command, false);
  const framed = entryCommand(ENTRY, command, { transcript: "/log" });
  assert.deepEqual(plain.argv.slice(-5), ["/run/bottle/exec", "/tmp", ...command.argv]);
  assert.equal(framed.argv[0], "/usr/bin/script");
  const words = [...plain.argv.slice(0, -4), "-t", ...plain.argv.slice(-4)];
  assert.ok(framed.argv[2]?.includes(shellLine(words)));
  assert.equal(framed.argv[3], "/log");
  assert.deepEqual(entryCommand(ENTRY, command, { transcript: "/log" }), framed);
  assert.equal(entryCommand(ENTRY, { argv: ["x"] }, false).argv.at(-2), "/workspace");
});

test("row 83: an ordinary user's entry has a user namespace of its own; root's gives itself up", () => {
  const user = entryCommand(ENTRY, { argv: ["x"] }, false).argv;
  assert.ok(user.includes("--unshare-user") && !user.includes("/usr/bin/setpriv") && !user.includes("--cap-add"));
  const root = entryCommand({ ...ENTRY, mode: "root" }, { argv: ["x"] }, false).argv;
  assert.ok(!root.includes("--unshare-user") && root.indexOf("/usr/bin/setpriv") < root.indexOf("/run/bottle/exec"));
  for (const argv of [user, root]) assert.ok(argv.includes("--die-with-parent") && argv.includes("--seccomp"));
});

test("with systemd each entry is a scope in the bottle's slice", () => {
  const group = { kind: "systemd", scope: "user", slice: "botbottle_a_1.slice" } as const;
  const { argv, env } = entryCommand(
    { ...ENTRY, group, managerEnv: { XDG_RUNTIME_DIR: "/run/user/1" } },
    { argv: ["x"] },
    false,
  );
  assert.deepEqual(argv.slice(0, 7), [
    "/usr/bin/systemd-run",
    "--user",
    "--scope",
    "--quiet",
    "--collect",
    "--slice=botbottle_a_1.slice",
    "--",
  ]);
  assert.equal(env.XDG_RUNTIME_DIR, "/run/user/1");
});

test("a line of shell words is split by a shell into the same words, whatever they hold", () => {
  const word = fc
    .string({ unit: "binary", maxLength: 20 })
    .filter((text) => !text.includes("\0") && !/[\ud800-\udfff]/.test(text));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
      const { stdout } = spawnSync("/bin/sh", ["-c", `printf '%s\\0' ${shellLine(words)}`], { encoding: "utf8" });
      assert.deepEqual(stdout.split("\0").slice(0, -1), words);
    }),
    { numRuns: 60, examples: [[["", "'", "''", "\\", "\n", "$(id)", "`id`", "-n", "~", "*", "é"]]] },
  );
});
