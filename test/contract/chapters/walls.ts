import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Chapter } from "../clause.ts";

export const WALLS: Chapter = {
  title: "what can be seen and done inside",
  confined: true,
  clauses: [
    {
      id: "walls-privileges",
      title: "rows 73, 146: no capability, no new privileges, a system call filter, uid 1000 in every field",
      run: async ({ shared }) => {
        const status = await (await shared()).sh("cat /proc/self/status");
        for (const name of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
          assert.match(status, new RegExp(`^${name}:\\t0{16}$`, "m"), name);
        }
        assert.match(status, /^NoNewPrivs:\t1$/m);
        assert.match(status, /^Seccomp:\t2$/m);
        assert.match(status, /^Uid:\t1000\t1000\t1000\t1000$/m);
        assert.match(status, /^Gid:\t1000\t1000\t1000\t1000$/m);
      },
    },
    {
      id: "walls-namespaces",
      title: "row 84: no new user namespace, no mount, no other process's memory",
      run: async ({ shared }) => {
        const b = await shared();
        for (const words of ["unshare -Ur true", "unshare -m true", "mount -t tmpfs x /tmp", "mount -o remount,rw /"]) {
          assert.notEqual((await b.bottle.exec({ argv: ["/bin/sh", "-c", words] })).code, 0, words);
        }
        assert.equal(await b.sh("(: </proc/1/environ) 2>/dev/null && cat /proc/1/environ | wc -c || echo 0"), "0\n");
        assert.equal(await b.sh("(: >>/proc/1/mem) 2>/dev/null && echo open; true"), "");
      },
    },
    {
      id: "walls-processes",
      title: "row 82: no process of the host is seen, and no environment or argv inside tells of it",
      run: async ({ open }) => {
        process.env.CONTRACT_CANARY = "canary-of-the-host";
        try {
          const b = await open();
          const names = (await b.sh("cat /proc/[0-9]*/comm | sort -u")).trim().split("\n");
          assert.ok(names.length < 10, names.join(" "));
          assert.ok(!names.some((name) => /^(node|dockerd|containerd|systemd|sshd)/.test(name)), names.join(" "));
          const all = await b.sh("cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; true");
          for (const text of ["canary-of-the-host", b.folders.run, b.folders.home, process.execPath]) {
            assert.ok(!all.includes(text), text);
          }
        } finally {
          delete process.env.CONTRACT_CANARY;
        }
      },
    },
    {
      id: "walls-files",
      title: "rows 78, 82, 146: no file of the host's users is there, nor the folders of the bottle's own state",
      run: async ({ shared }) => {
        const b = await shared();
        const folder = mkdtempSync(join(tmpdir(), "walls-"));
        try {
          writeFileSync(join(folder, "canary"), "host", { mode: 0o644 });
          const paths = [join(folder, "canary"), folder, b.folders.run, b.folders.home, "/oldroot", "/.dockerenv/x"];
          assert.equal(await b.sh('for p; do [ -e "$p" ] && echo "$p"; done; true', ...paths), "");
          assert.equal(await b.sh("(cat /etc/shadow || ls /root) 2>/dev/null; true"), "");
          assert.equal(
            await b.sh("find / -xdev -name docker.sock -o -xdev -name containerd.sock 2>/dev/null; true"),
            "",
          );
        } finally {
          rmSync(folder, { recursive: true });
        }
      },
    },
    {
      id: "walls-read-only",
      title: "row 86: only home, workspace and folders of a bounded size can be written",
      run: async ({ contender, shared }) => {
        const b = await shared();
        const found = await b.sh(
          `find / \\( -path /proc -o -path "$1" -o -path "$2" \\) -prune -o -type d -writable -print 2>/dev/null | sort; true`,
          b.shell.guest.home,
          b.shell.guest.workspace,
        );
        assert.deepEqual(found.trim().split("\n"), ["/dev/shm", "/tmp", ...Object.keys(contender.writable)].sort());
        assert.equal(
          await b.sh(
            "for f in /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /etc/passwd /etc/hosts /etc/resolv.conf; do (: >>$f) 2>/dev/null && echo $f; done; true",
          ),
          "",
        );
      },
    },
    {
      id: "walls-siblings",
      title: "rows 76, 82: nothing of another bottle is seen: no file, no process, no name",
      run: async ({ open }) => {
        const [one, two] = [await open(), await open()];
        const secret = `sibling-${process.pid}`;
        await one.sh(
          `echo ${secret} >~/note; echo ${secret} >note; echo ${secret} >/tmp/note; echo ${secret} >/dev/shm/note`,
        );
        const running = one.bottle.exec({ argv: ["/bin/bash", "-c", "exec -a $0 sleep 60", secret] });
        running.catch(() => undefined);
        await one.sh(
          'until grep -aq "$1" /proc/[0-9]*/cmdline; do sleep 0.02; done',
          `${secret.slice(0, -1)}[${secret.at(-1)}]`,
        );
        const seen = await two.sh(
          'cat ~/note note /tmp/note /dev/shm/note 2>/dev/null; cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" "\\n" | grep -a "^sibling-"; true',
        );
        assert.equal(seen, "");
        // Where they are called anything, all are called the same.
        assert.equal(await one.sh("cat /proc/sys/kernel/hostname"), await two.sh("cat /proc/sys/kernel/hostname"));
        const named = await two.sh("cat /etc/hosts /etc/hostname /proc/sys/kernel/hostname 2>/dev/null; true");
        assert.ok(!named.includes(one.plan.name) && !named.includes(two.plan.name), named);
      },
    },
    {
      id: "walls-orphans",
      title: "orphans are reaped, and pid 1 cannot be killed from inside",
      run: async ({ shared }) => {
        const b = await shared();
        await b.sh("for i in 1 2 3 4 5; do (setsid sh -c 'sleep 0.05' >/dev/null 2>&1 &); done; sleep 0.5");
        assert.equal(await b.sh("grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l"), "0\n");
        await b.bottle.exec({ argv: ["/bin/bash", "-c", "kill -KILL 1; kill -STOP 1; kill -TERM 1"] });
        assert.equal(await b.bottle.status(), "running");
        assert.equal(await b.sh("echo alive"), "alive\n");
      },
    },
  ],
};
