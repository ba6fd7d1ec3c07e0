import assert from "node:assert/strict";
import { existsSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Handle } from "../../src/backends/bubblewrap/bottle.ts";
import { entrancesOf, processesIn } from "../../src/backends/bubblewrap/processes.ts";
import { loadBackend } from "../../src/backends/builtins.ts";
import { CLONE_NEW, REFUSED } from "../../src/backends/system-calls.ts";
import { run } from "../../src/host/exec.ts";
import { skipWithout } from "../support/needs.ts";
import { eventually } from "../support/operator.ts";
import { callNumber, ENOSYS, EPERM, errnos } from "../support/probes.ts";
import { processFile } from "../support/process-file.ts";
import { openTestBottle, type TestBottle } from "../support/test-bottle.ts";

const HIGH = 2 ** 32;
const root = process.getuid?.() === 0;
const isSleep = (pid: number) => processFile(pid, "cmdline").startsWith("sleep");

describe("from inside, the walls", { skip: skipWithout("bubblewrap", "perl") }, () => {
  let b: TestBottle;
  let handle: Handle;
  before(async () => {
    process.env.ESCAPE_CANARY = "canary-of-the-host";
    b = await openTestBottle(await loadBackend("bubblewrap"));
    handle = b.bottle.handle as unknown as Handle;
  });
  after(async () => {
    delete process.env.ESCAPE_CANARY;
    await b?.dispose();
  });

  test("rows 73, 146: no capability, no new privileges, filtered, uid 1000 with no group of the host", async () => {
    const status = await b.sh("cat /proc/self/status");
    for (const name of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
      assert.match(status, new RegExp(`^${name}:\\t0{16}$`, "m"));
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^Seccomp:\t2$/m);
    assert.match(status, /^Uid:\t1000\t1000\t1000\t1000$/m);
    if (root) assert.match(status, /^Groups:\t *$/m);
  });

  test("row 146: the kernel's uid of what runs inside is never 0, and files it makes are not root's", async () => {
    const sleeping = b.bottle.exec({ argv: ["/bin/sleep", "20"] });
    sleeping.catch(() => {});
    await b.sh("until pgrep -x sleep >/dev/null; do sleep 0.01; done; touch /workspace/mine");
    const names = new Map<string, string>();
    for (const { pid } of [handle.entry.init, ...processesIn(handle.pidNamespace, handle.entry.init)]) {
      const status = processFile(pid, "status");
      names.set(/^Name:\t(.*)$/m.exec(status)?.[1] ?? "", /^Uid:\t(\d+)/m.exec(status)?.[1] ?? "");
    }
    assert.notEqual(names.get("sleep"), "0");
    assert.notEqual(names.get("cat"), "0");
    assert.ok(names.has("sleep") && names.has("cat"));
    assert.notEqual(statSync(join(b.folders.workspace, "mine")).uid, 0);
    await b.bottle.stop(1000);
  });

  test("row 82: processes of the host are not seen", async () => {
    const names = (await b.sh("cat /proc/[0-9]*/comm | sort -u")).trim().split("\n");
    assert.deepEqual(
      names.filter((name) => !["bash", "bwrap", "cat", "sort"].includes(name)),
      [],
    );
    assert.ok(names.includes("bwrap"));
    assert.equal(readlinkSync("/proc/self/ns/pid") === (await b.sh("readlink /proc/self/ns/pid")).trim(), false);
    for (const kind of ["user", "mnt", "net", "ipc", "uts", "cgroup"]) {
      assert.notEqual(
        readlinkSync(`/proc/self/ns/${kind}`),
        (await b.sh(`readlink /proc/self/ns/${kind}`)).trim(),
        kind,
      );
    }
  });

  test("row 82: no environment and no argv inside tells of the host", async () => {
    assert.equal(await b.sh("cat /proc/1/environ 2>/dev/null | wc -c"), "0\n");
    const all = await b.sh("cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; true");
    for (const text of ["canary-of-the-host", b.folders.run, b.folders.home, "--args", "nsenter", process.execPath]) {
      assert.ok(!all.includes(text), text);
    }
  });

  test("rows 82, 146: files of the host are not there", async () => {
    const paths = [
      "/etc/shadow",
      "/etc/ssl/private",
      "/root",
      "/sys",
      "/boot",
      "/home/tester",
      "/proc/1/root/root",
      "/etc/machine-id",
      "/etc/hostname",
      "/oldroot",
      "/newroot",
      "/var/lib",
      "/var/run",
      "/mnt",
      "/srv",
      b.folders.run,
    ];
    assert.equal(await b.sh('for p; do [ -e "$p" ] && echo "$p"; done; true', ...paths), "");
    assert.deepEqual((await b.sh("ls /home")).split("\n"), ["agent", ""]);
    assert.deepEqual((await b.sh("ls /run")).split("\n"), ["bottle", ""]);
  });

  test("row 86: every mount is nosuid, and nodev but for the devices; only the agent's folders can be written", async () => {
    const lines = (await b.sh("cat /proc/self/mountinfo")).trim().split("\n");
    const last = new Map<string, string[]>();
    for (const line of lines) last.set(line.split(" ")[4] ?? "", (line.split(" ")[5] ?? "").split(","));
    const writable = [...last].filter(([, options]) => options.includes("rw")).map(([path]) => path);
    for (const [path, options] of last) {
      assert.ok(options.includes("nosuid"), `${path} is nosuid`);
      if (!path.startsWith("/dev/") || path === "/dev/shm") assert.ok(options.includes("nodev"), `${path} is nodev`);
    }
    const devices = ["full", "null", "pts", "random", "shm", "tty", "urandom", "zero"].map((name) => `/dev/${name}`);
    assert.deepEqual(writable.sort(), [...devices, "/home/agent", "/proc", "/tmp", "/workspace"].sort());
  });

  test("row 86: read-only stays read-only", async () => {
    assert.equal(
      await b.sh(
        "for d in / /usr /usr/bin /etc /run /run/bottle /var /dev /home /proc/sys/kernel; do touch $d/x 2>/dev/null && echo $d; done; true",
      ),
      "",
    );
    for (const command of [
      "mount -o remount,rw /",
      "mount -o remount,rw /usr",
      "mount -t tmpfs x /tmp",
      "umount /run/bottle",
      "umount -l /proc",
      "mount --bind /tmp /workspace",
    ]) {
      assert.notEqual((await b.bottle.exec({ argv: ["/bin/sh", "-c", command] })).code, 0, command);
    }
    assert.equal(
      await b.sh(
        "for f in /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches; do (: >$f) 2>/dev/null && echo $f; done; true",
      ),
      "",
    );
  });

  test("devices that programs need work, others do not exist", async () => {
    assert.equal(
      await b.sh(
        "echo x >/dev/null; head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; cd /dev; ls | tr '\\n' ' '; mknod /tmp/d b 8 0 2>/dev/null || echo no",
      ),
      "4\n4\ncore fd full null ptmx pts random shm stderr stdin stdout tty urandom zero no\n",
    );
    assert.equal(await b.sh("script -qc 'echo pty' /dev/null").then((out) => out.trim()), "pty");
  });

  test("row 82: facts 1.3: no descriptor of the host arrives, whatever the launcher holds", async () => {
    const { argv, env } = b.bottle.frame({ argv: ["/bin/ls", "/proc/self/fd"] }, false);
    const held = await run({
      argv: [
        "/bin/bash",
        "-c",
        'exec 5</etc/passwd 8</etc/hostname 9</etc/group 23</etc/passwd 200<>/dev/null; exec "$@"',
        "bash",
        ...argv,
      ],
      env,
    });
    assert.deepEqual([held.code, held.stdout.toString()], [0, "0\n1\n2\n3\n"]);
    assert.equal(await b.sh("ls /proc/self/fd | tr '\\n' ' '"), "0 1 2 3 ");
    assert.deepEqual(readdirSync(`/proc/${handle.entry.init.pid}/fd`), ["0", "1", "2"]);
    assert.equal(await b.sh("readlink /proc/1/fd/* /proc/1/exe /proc/1/root /proc/1/cwd; true"), "");
  });

  test("rows 84, 85, 142: each refused call is refused", async () => {
    const names = Object.entries(REFUSED)
      .filter(([, numbers]) => numbers[process.arch === "arm64" ? 1 : 0] !== null)
      .map(([name]) => name);
    const codes = await errnos(
      b,
      names.map((name) => [callNumber(name)] as const),
    );
    assert.deepEqual(
      Object.fromEntries(names.map((name, index) => [name, codes[index]])),
      Object.fromEntries(names.map((name) => [name, EPERM])),
    );
  });

  test("row 84: new namespaces by clone, clone3 and unshare", async () => {
    const SIGCHLD = 17;
    const flags = Array.from({ length: 31 }, (_, bit) => 2 ** bit).filter((bit) => (bit & CLONE_NEW) !== 0);
    assert.equal(flags.length, 7);
    const clone = callNumber("clone");
    const codes = await errnos(b, [
      ...flags.map((flag) => [clone, flag + SIGCHLD] as const),
      [clone, CLONE_NEW + SIGCHLD + HIGH],
      [callNumber("clone3"), "$buf", 64],
    ]);
    assert.deepEqual(codes, [...flags.map(() => EPERM), EPERM, ENOSYS]);
    assert.notEqual((await b.bottle.exec({ argv: ["/usr/bin/unshare", "-Ur", "true"] })).code, 0);
    assert.notEqual(
      (await b.bottle.exec({ argv: ["/usr/bin/bwrap", "--unshare-user", "--ro-bind", "/", "/", "true"] })).code,
      0,
    );
    assert.notEqual((await b.bottle.exec({ argv: ["/usr/bin/nsenter", "-t", "1", "-U", "-n", "true"] })).code, 0);
  });

  test("row 142: x32 and 32-bit calls kill the caller", {
    skip: process.arch === "x64" ? skipWithout("gcc") : "x86-64 only",
  }, async () => {
    await b.sh(`cat >/tmp/p.c <<'C'
#include <unistd.h>
#include <sys/syscall.h>
int main(int n, char **v) {
  if (v[1][0] == 'x') syscall(0x40000000 | 39);
  else if (v[1][0] == 'i') { long r; __asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory"); }
  return 7;
}
C
gcc -o /tmp/p /tmp/p.c`);
    const code = async (word: string) => (await b.bottle.exec({ argv: ["/tmp/p", word] })).code;
    assert.deepEqual([await code("plain"), await code("x"), await code("i")], [7, 128 + 31, 128 + 31]);
  });

  test("row 83: a command that is still entering cannot be attached to or read", async () => {
    // Runs while others enter: whatever can be opened of them is the caged program, never what is still outside of it.
    const spy = b.bottle.exec({
      argv: [
        "/usr/bin/perl",
        "-e",
        `my ($seen, $until) = (0, time + 3); my %bad;
        while (time < $until) { for my $p (glob "/proc/[0-9]*") { next if $p =~ /\\/(1|$$)$/; $seen++;
          open my $f, "<", "$p/maps" or next; local $/; my $m = <$f> // ""; open my $w, "+<", "$p/mem" or next;
          $bad{$1}++ while $m =~ m{(/\\S*(?:bwrap|setpriv|nsenter))}g; $bad{other}++ unless ${root ? 1 : 0} } }
        print "$seen ", join(",", %bad)`,
      ],
    });
    for (let n = 0; n < 40; n += 1) await b.bottle.exec({ argv: ["/bin/true"] });
    const [seen, bad] = (await spy).stdout.toString().split(" ");
    assert.ok(Number(seen) > 100);
    assert.equal(bad, "");
  });

  test("row 83: pid 1 is out of reach: not killed from inside", async () => {
    await b.bottle.exec({ argv: ["/bin/bash", "-c", "kill -KILL 1; kill -STOP 1; kill -TERM 1"] });
    // Ends every process of the agent, for an ordinary user this exec's own way in with it.
    await b.bottle.exec({ argv: ["/bin/bash", "-c", "kill -KILL -1; true"] });
    assert.equal(await b.bottle.status(), "running");
    assert.equal(await b.sh("echo alive"), "alive\n");
  });

  test("row 83: pid 1 is out of reach: not attached to, its memory not opened", async () => {
    const ptrace = process.arch === "x64" ? 101 : 117;
    const out = await b.sh(`perl -e '
      my $r = syscall(${ptrace}, 16, 1, 0, 0); print "attach $r ", $! + 0, "\\n";
      $r = syscall(${ptrace}, 0x4206, 1, 0, 0); print "seize $r ", $! + 0, "\\n";
      print open(my $f, "+<", "/proc/1/mem") ? "open" : "closed", "\\n"'`);
    assert.equal(out, "attach -1 1\nseize -1 1\nclosed\n");
  });

  test("row 138: an agent that stops the way in cannot hold up the end of its bottle", async (t) => {
    const stopping = await openTestBottle(await loadBackend("bubblewrap"));
    t.after(() => stopping.dispose());
    const handle = stopping.bottle.handle as unknown as Handle;
    // Where the way in has the agent's uid (an ordinary user's bottle), it stops; under root it cannot be signalled.
    const held = stopping.bottle.exec({ argv: ["/bin/bash", "-c", "echo $PPID; kill -STOP $PPID; exec sleep 600"] });
    const other = stopping.bottle.exec({
      argv: [
        "/bin/bash",
        "-c",
        "for p in /proc/[0-9]*; do grep -q bwrap $p/comm && kill -STOP ${p#/proc/} 2>/dev/null; done; exec sleep 600",
      ],
    });
    held.catch(() => {});
    other.catch(() => {});
    const sleepers = () => processesIn(handle.pidNamespace, handle.entry.init).filter(({ pid }) => isSleep(pid)).length;
    await eventually("both have tried", async () => sleepers() === 2 || undefined);
    await stopping.bottle.stop(50);
    await Promise.allSettled([held, other]);
    assert.equal(await stopping.bottle.status(), "running");
    assert.equal(await stopping.sh("echo free"), "free\n");
    const again = stopping.bottle.exec({ argv: ["/bin/bash", "-c", "kill -STOP $PPID; exec sleep 600"] });
    again.catch(() => {});
    await eventually("it has tried again", async () => sleepers() === 1 || undefined);
    await stopping.dispose();
    await again.catch(() => {});
    assert.deepEqual(entrancesOf(handle.pidNamespace), []);
  });

  test("orphans are reaped", async () => {
    await b.sh("for i in 1 2 3 4 5; do (setsid sh -c 'sleep 0.05' >/dev/null 2>&1 &); done; sleep 0.4");
    assert.equal(await b.sh("grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l"), "0\n");
  });

  test("row 86: CVE-2026-87766: links planted in workspace and home make nothing on the host at the next start", async () => {
    const trap = join(b.folders.run, "..", "trap");
    await b.sh(
      `cd /workspace && ln -s /oldroot${trap} evil && ln -s /oldroot${trap} .git && ln -s / run && cd ~ && ln -s /oldroot${trap} .cache && ln -s /oldroot/etc etc`,
    );
    await b.bottle.close();
    const backend = await loadBackend("bubblewrap");
    const shell = await backend.create(b.plan, {
      facts: b.facts,
      folders: b.folders,
      cleanup: b.cleanup,
      journal: async () => {},
    });
    await shell.start([]);
    assert.ok(!existsSync(trap));
    await b.cleanup.run();
  });
});
