import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { loadBackend } from "../../src/backends/builtins.ts";
import { CLONE_NEW, REFUSED } from "../../src/backends/system-calls.ts";
import { skipWithout } from "../support/needs.ts";
import { eventually } from "../support/operator.ts";
import { callNumber, ENOSYS, EPERM, errnos } from "../support/probes.ts";
import { openTestBottle, type TestBottle } from "../support/test-bottle.ts";

const HIGH = 2 ** 32;
const MIB = 2 ** 20;
const limits = { memoryBytes: 128 * MIB, cpus: 0.5, pids: 40, tmpBytes: 16 * MIB };

describe("from inside a container, the walls", { skip: skipWithout("docker-images", "perl") }, () => {
  let b: TestBottle;
  before(async () => {
    process.env.ESCAPE_CANARY = "canary-of-the-host";
    b = await openTestBottle(await loadBackend("docker"), { plan: () => ({ limits }) });
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
    assert.match(status, /^Gid:\t1000\t1000\t1000\t1000$/m);
    assert.match(status, /^Groups:\t(1000)? *$/m);
  });

  test("row 82: no environment, no argv and no hidden file inside tells of the host", async () => {
    const all = await b.sh("cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; env");
    for (const text of ["canary-of-the-host", b.folders.run, b.folders.home, process.execPath, "docker.sock"]) {
      assert.ok(!all.includes(text), text);
    }
    assert.equal(await b.sh("cat /etc/resolv.conf; ls -A /sys /dev/mqueue | grep -v '^$'"), "/dev/mqueue:\n/sys:\n");
    assert.equal(await b.sh("hostname"), "bottle\n");
    assert.deepEqual((await b.sh("ls /home")).split("\n"), ["agent", ""]);
  });

  test("row 78: no socket of an engine is there, and none of its settings", async () => {
    const paths = ["/var/run/docker.sock", "/run/docker.sock", "/run/containerd", "/run/podman", "/.dockerenv.json"];
    assert.equal(await b.sh('for p; do [ -e "$p" ] && echo "$p"; done; true', ...paths), "");
  });

  test("row 86: only the agent's own folders and sized ones can be written", async () => {
    const found = await b.sh(
      "find / -xdev -type d -writable 2>/dev/null; for m in $(cut -d' ' -f5 /proc/self/mountinfo); do [ -d $m ] && [ -w $m ] && (: >$m/.probe) 2>/dev/null && rm $m/.probe && echo $m; done; true",
    );
    const folders = [...new Set(found.trim().split("\n"))].filter((path) => !path.startsWith("/proc")).sort();
    const writable: string[] = [];
    for (const folder of folders) {
      if ((await b.sh('(: >"$1/.probe") 2>/dev/null && rm "$1/.probe" && echo yes; true', folder)) !== "") {
        writable.push(folder);
      }
    }
    assert.deepEqual(writable, ["/dev/shm", "/home/agent", "/tmp", "/var/tmp", "/workspace"]);
    for (const folder of ["/tmp", "/var/tmp", "/dev/shm"]) {
      const size = `head -c ${64 * MIB} /dev/zero >${folder}/fill 2>/dev/null; stat -c %s ${folder}/fill; rm ${folder}/fill`;
      assert.equal(await b.sh(size), `${16 * MIB}\n`, folder);
    }
  });

  test("rows 84, 85, 142: each refused call is refused", async () => {
    const names = Object.entries(REFUSED)
      .filter(([, numbers]) => numbers[process.arch === "arm64" ? 1 : 0] !== null)
      .map(([name]) => name);
    const calls = names.map((name) => [callNumber(name)] as const);
    const codes = await errnos(b, calls);
    const open = names.filter((_, index) => codes[index] !== EPERM);
    // The engine's libseccomp knows no name for it, and says so by leaving it open: without a capability it does nothing.
    assert.deepEqual(
      open.filter((name) => name !== "open_tree_attr"),
      [],
    );
  });

  test("row 84: new namespaces by clone, clone3 and unshare", async () => {
    const SIGCHLD = 17;
    const flags = Array.from({ length: 31 }, (_, bit) => 2 ** bit).filter((bit) => (bit & CLONE_NEW) !== 0);
    const clone = callNumber("clone");
    const codes = await errnos(b, [
      ...flags.map((flag) => [clone, flag + SIGCHLD] as const),
      [clone, CLONE_NEW + SIGCHLD + HIGH],
      [callNumber("clone3"), "$buf", 64],
    ]);
    assert.deepEqual(codes, [...flags.map(() => EPERM), EPERM, ENOSYS]);
    assert.notEqual((await b.bottle.exec({ argv: ["/usr/bin/unshare", "-Ur", "true"] })).code, 0);
  });

  test("row 83: neither init, the holder nor the forwarder can be ended, stopped, traced or read", async () => {
    await b.bottle.exec({ argv: ["/bin/bash", "-c", "kill -KILL 1; kill -STOP 1; kill -KILL -1; true"] });
    assert.equal(await b.bottle.status(), "running");
    const ptrace = process.arch === "x64" ? 101 : 117;
    const out = await b.sh(`perl -e '
      for my $p (grep { /^[0-9]+$/ } map { s{/proc/}{}r } glob "/proc/[0-9]*") {
        my ($uid) = (stat "/proc/$p")[4]; next if $uid == 1000; $n++;
        kill 9, $p and print "killed $p\\n"; kill 19, $p and print "stopped $p\\n";
        syscall(${ptrace}, 16, $p + 0, 0, 0) != -1 and print "traced $p\\n";
        open(my $f, "+<", "/proc/$p/mem") and print "memory $p\\n"; open($f, "<", "/proc/$p/environ") and print "environ $p\\n" }
      print $n >= 3 ? "looked\\n" : "saw nobody\\n"'`);
    assert.equal(out, "looked\n");
    assert.equal(await b.sh("echo alive"), "alive\n");
  });

  test("row 154: memory, processes and cores are limited; the greedy process goes first", async () => {
    const hungry = await b.bottle.exec({
      argv: ["/usr/bin/perl", "-e", `my $x = "x" x ${400 * MIB}; print length $x`],
    });
    assert.equal(hungry.code, 137);
    const forks = await b.bottle.exec({
      argv: [
        "/usr/bin/perl",
        "-e",
        "my $n = 0; while ($n < 500) { my $p = fork(); last unless defined $p; if (!$p) { sleep 30; exit } $n++ } print $n; kill 9 => -1",
      ],
    });
    const made = Number(forks.stdout.toString());
    assert.ok(made > 5 && made < limits.pids, `forked ${made}`);
    assert.equal(await b.sh("ulimit -Hc; cat /proc/self/oom_score_adj"), "0\n500\n");
    assert.equal(await b.bottle.status(), "running");
  });

  test("row 154: a bottle full of processes is still stopped and closed", async () => {
    const bomb = b.bottle.exec({
      argv: [
        "/usr/bin/perl",
        "-e",
        "$SIG{TERM} = 'IGNORE'; while (1) { my $p = fork(); select undef, undef, undef, 0.01 unless defined $p }",
      ],
    });
    bomb.catch(() => {});
    // One process may still find a place that another left; what starts three more does not.
    const three = "for (1 .. 3) { my $p = fork() // exit 9; if (!$p) { sleep 1; exit 0 } }";
    const refused = () =>
      b.bottle.exec({ argv: ["/usr/bin/perl", "-e", three] }).then(
        ({ code }) => code !== 0,
        () => true,
      );
    await eventually("it is full", refused).finally(() => b.bottle.stop(100));
    await bomb.catch(() => {});
    assert.equal(await b.bottle.status(), "running");
    assert.equal(await b.sh("echo free"), "free\n");
  });

  test("orphans are reaped", async () => {
    await b.sh("for i in 1 2 3 4 5; do (setsid sh -c 'sleep 0.05' >/dev/null 2>&1 &); done; sleep 0.4");
    assert.equal(await b.sh("grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l"), "0\n");
  });
});
