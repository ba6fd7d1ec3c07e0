import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Backend } from "../../src/backends/backend.ts";
import { guestArchive } from "../../src/backends/guest-archive.ts";
import type { BottleRecord } from "../../src/core/model/bottle-record.ts";
import { BottleError } from "../../src/core/model/errors.ts";
import type { Json } from "../../src/core/model/plan.ts";
import { run } from "../../src/host/exec.ts";
import { openTestBottle, type TestBottle } from "../support/test-bottle.ts";

function recordOf(handle: Json): BottleRecord {
  return {
    schema: 1,
    name: "test",
    agent: "test",
    provider: "shell",
    backend: "test",
    phase: "running",
    createdAt: "2026-01-01T00:00:00Z",
    endedAt: null,
    exitCode: null,
    host: { pid: 1, startTime: 1, bootId: "" },
    run: "/",
    // As it comes back from the record's file.
    handle: JSON.parse(JSON.stringify(handle)) as Json,
    workspace: { mode: "copy", host: "/" },
    labels: {},
    auditHead: null,
  };
}

async function rejectsWith(code: string, work: Promise<unknown>): Promise<BottleError> {
  let caught: unknown;
  await assert.rejects(work, (error) => {
    caught = error;
    return error instanceof BottleError && error.code === code;
  });
  return caught as BottleError;
}

/** What every backend promises about a bottle. Runs against a real one. */
export function bottleContract(name: string, load: () => Promise<Backend>, skip: string | false): void {
  describe(`${name}: a running bottle`, { skip }, () => {
    let b: TestBottle;
    let backend: Backend;
    before(async () => {
      process.env.CONTRACT_HOST_SECRET = "host-only";
      backend = await load();
      b = await openTestBottle(backend, { env: { PLANNED: "it's $HOME `x`\nsecond line" } });
    });
    after(async () => {
      delete process.env.CONTRACT_HOST_SECRET;
      await b?.dispose();
    });

    test("part 3: stdout, stderr and code are separate and exact", async () => {
      const result = await b.bottle.exec({ argv: ["/bin/sh", "-c", "echo out; echo err >&2; exit 42"] });
      assert.deepEqual([result.code, result.stdout.toString(), result.stderr.toString()], [42, "out\n", "err\n"]);
    });

    test("part 4: codes 0, 1, 125, 255 and signals come out as they are", async () => {
      for (const code of [0, 1, 125, 255]) {
        assert.equal((await b.bottle.exec({ argv: ["/bin/sh", "-c", `exit ${code}`] })).code, code);
      }
      for (const [signal, code] of [
        ["TERM", 143],
        ["KILL", 137],
        ["INT", 130],
        ["SEGV", 139],
      ] as const) {
        assert.equal((await b.bottle.exec({ argv: ["/bin/sh", "-c", `kill -${signal} $$`] })).code, code, signal);
      }
    });

    test("a program that is not there ends with 127", async () => {
      assert.equal((await b.bottle.exec({ argv: ["/nonexistent/program"] })).code, 127);
    });

    test("words arrive byte for byte", async () => {
      const words = ["", " ", "a b", "'", '"', "$HOME", "`id`", "$(id)", "\\", "line\nbreak", "-n", "--", "é漢🙂", "*"];
      const result = await b.bottle.exec({ argv: ["/usr/bin/printf", "%s\\0", ...words] });
      assert.deepEqual(result.stdout.toString().split("\0").slice(0, -1), words);
    });

    test("the workspace is the working directory unless one is named", async () => {
      assert.equal((await b.bottle.exec({ argv: ["/bin/pwd"] })).stdout.toString(), `${b.shell.guest.workspace}\n`);
      assert.equal((await b.bottle.exec({ argv: ["/bin/pwd"], cwd: "/tmp" })).stdout.toString(), "/tmp\n");
    });

    test("part 8: the agent is not root and writes its home and workspace as its first act", async () => {
      const out = await b.sh(
        'id -u; id -un; echo one >~/f && echo two >>~/f && cat ~/f; echo x >/workspace/f; stat -c "%U %a" ~/f',
      );
      assert.deepEqual(out.split("\n"), ["1000", "agent", "one", "two", "agent 644", ""]);
    });

    test("part 9: a planned variable is seen by every kind of exec, a host variable by none", async () => {
      const argv = ["/bin/sh", "-c", 'printf %s "$PLANNED:$CONTRACT_HOST_SECRET"'];
      const expected = "it's $HOME `x`\nsecond line:";
      assert.equal((await b.bottle.exec({ argv })).stdout.toString(), expected);
      assert.equal((await run(b.bottle.frame({ argv }, false))).stdout.toString(), expected);
    });

    test("part 2: frame is pure, and exec goes the same way", async () => {
      const command = { argv: ["/bin/echo", "a b"], cwd: "/tmp" };
      assert.deepEqual(b.bottle.frame(command, false), b.bottle.frame(command, false));
      const { argv, env } = b.bottle.frame(command, false);
      assert.ok(argv[0]?.startsWith("/"));
      assert.ok(!JSON.stringify([argv, env]).includes("host-only"));
      const result = await run({ argv, env });
      assert.deepEqual([result.code, result.stdout.toString()], [0, "a b\n"]);
    });

    test("stdin is a stream of any bytes", async () => {
      const bytes = randomBytes(8 * 2 ** 20);
      const sum = createHash("sha256").update(bytes).digest("hex");
      const halves = Readable.from([bytes.subarray(0, 12_345), bytes.subarray(12_345)]);
      for (const stdin of [bytes, halves]) {
        const result = await b.bottle.exec({ argv: ["/usr/bin/sha256sum"] }, { stdin });
        assert.equal(result.stdout.toString().split(" ")[0], sum);
      }
      const echoed = await b.bottle.exec({ argv: ["/bin/cat"] }, { stdin: bytes });
      assert.ok(echoed.stdout.equals(bytes));
    });

    test("a command that does not read its input is no error", async () => {
      const result = await b.bottle.exec({ argv: ["/bin/true"] }, { stdin: Buffer.alloc(2 ** 20) });
      assert.equal(result.code, 0);
    });

    test("without stdin the input is at its end", async () => {
      assert.equal((await b.bottle.exec({ argv: ["/bin/cat"] }, { timeoutMs: 5000 })).code, 0);
    });

    test("a gigabyte of output is read to its end and not kept", async () => {
      const before = process.memoryUsage().rss;
      const result = await b.bottle.exec(
        { argv: ["/usr/bin/head", "-c", "1000000000", "/dev/zero"] },
        { maxBytes: 2 ** 20 },
      );
      assert.equal(result.code, 0);
      assert.equal(result.stdout.length, 2 ** 20);
      assert.ok(process.memoryUsage().rss - before < 300 * 2 ** 20);
      let seen = 0;
      await b.bottle.exec(
        { argv: ["/usr/bin/head", "-c", "50000000", "/dev/zero"] },
        { onStdout: (c) => (seen += c.length) },
      );
      assert.equal(seen, 50_000_000);
    });

    test("twenty execs at once all come back with their own output", async () => {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          b.bottle.exec({ argv: ["/bin/sh", "-c", `sleep 0.1; echo ${n}; exit ${n}`] }),
        ),
      );
      for (const [n, result] of results.entries()) {
        assert.deepEqual([result.code, result.stdout.toString()], [n, `${n}\n`]);
      }
    });

    test("a background process that keeps the pipes does not keep exec", async () => {
      const started = performance.now();
      const result = await b.bottle.exec({ argv: ["/bin/sh", "-c", "sleep 30 & echo done"] });
      assert.equal(result.stdout.toString(), "done\n");
      assert.ok(performance.now() - started < 10_000);
      await b.sh("pkill -x sleep || true");
    });

    test("part B10: a timeout kills the command inside too", async () => {
      await rejectsWith("BOTTLE_GONE", b.bottle.exec({ argv: ["/bin/sleep", "61.5"] }, { timeoutMs: 300 }));
      await eventually(
        async () => (await b.bottle.exec({ argv: ["/usr/bin/pgrep", "-f", "sleep 61[.]5"] })).code === 1,
      );
      assert.equal(await b.bottle.status(), "running");
    });

    test("part 5: put gives content, mode and owner; long and odd names; folders are made", async () => {
      const long = `/home/agent/${"deep/".repeat(30)}${"n".repeat(120)}`;
      await b.bottle.put([
        { path: "/home/agent/.secretive", mode: 0o600, content: Buffer.from("a\0b") },
        { path: long, mode: 0o755, content: Buffer.from("long") },
        { path: "/workspace/ü '\" $x\nnl", mode: 0o644, content: randomBytes(1000) },
        { path: "/home/agent/empty", mode: 0o644, content: new Uint8Array() },
      ]);
      const out = await b.sh(
        'stat -c "%a %U %s" ~/.secretive ~/empty "$1"; cat "$1"; stat -c %s "$2"',
        long,
        "/workspace/ü '\" $x\nnl",
      );
      assert.equal(out, "600 agent 3\n644 agent 0\n755 agent 4\nlong1000\n");
    });

    test("put replaces a file and does not write through a link", async () => {
      await b.sh("echo keep >~/target; ln -s target ~/link");
      await b.bottle.put([{ path: "/home/agent/link", mode: 0o644, content: Buffer.from("new") }]);
      assert.equal(await b.sh("cat ~/target ~/link; test -L ~/link || echo plain"), "keep\nnewplain\n");
    });

    test("put into a read-only place is a typed error", async () => {
      await rejectsWith("PROVISION_FAILED", b.bottle.put([{ path: "/usr/x", mode: 0o644, content: Buffer.from("x") }]));
      await rejectsWith(
        "PROVISION_FAILED",
        b.bottle.put([{ path: "relative", mode: 0o644, content: Buffer.from("x") }]),
      );
      await rejectsWith(
        "PROVISION_FAILED",
        b.bottle.put([{ path: "/tmp/../usr/x", mode: 0o644, content: Buffer.from("x") }]),
      );
    });

    test("unpack takes a tar stream; a broken one is a typed error", async () => {
      const archive = guestArchive([{ path: "a/b", mode: 0o640, content: Buffer.from("tar") }]);
      await b.bottle.unpack("/workspace/unpacked here", Readable.from([archive]));
      assert.equal(
        await b.sh('cat "/workspace/unpacked here/a/b"; stat -c "%a %U" "/workspace/unpacked here/a/b"'),
        "tar640 agent\n",
      );
      await rejectsWith("PROVISION_FAILED", b.bottle.unpack("/workspace/bad", Readable.from([Buffer.alloc(2000, 65)])));
    });

    test("files of start are there and the agent cannot change them", async () => {
      assert.equal(
        await b.sh(
          "test -r /run/bottle/env && ! (echo x >>/run/bottle/env) 2>/dev/null && ! rm -f /run/bottle/exec 2>/dev/null && ! touch /run/bottle/new 2>/dev/null && echo ok",
        ),
        "ok\n",
      );
    });

    test("the listener is reachable from inside, and accepts here", async () => {
      const accepted = once(b.server, "connection");
      const talk = b.sh("exec 3<>/dev/tcp/127.0.0.1/9099; echo hello >&3; cat <&3");
      const [socket] = (await accepted) as [import("node:net").Socket];
      const [bytes] = (await once(socket, "data")) as [Buffer];
      assert.equal(bytes.toString(), "hello\n");
      socket.end("from the host\n");
      assert.equal(await talk, "from the host\n");
    });

    test("row 75: the listener does not listen on the host", async () => {
      let accepted = 0;
      const count = () => {
        accepted += 1;
      };
      b.server.on("connection", count);
      const socket = connect(9099, "127.0.0.1");
      await Promise.race([once(socket, "connect"), once(socket, "error")]).catch(() => {});
      socket.destroy();
      assert.equal(accepted, 0);
      b.server.off("connection", count);
    });

    test("another process finds the bottle by its handle", async () => {
      const again = await backend.open(recordOf(b.bottle.handle), b.facts, b.folders);
      assert.ok(again !== null);
      assert.equal(await again.status(), "running");
      assert.deepEqual(again.frame({ argv: ["/bin/true"] }, false), b.bottle.frame({ argv: ["/bin/true"] }, false));
      assert.equal((await again.exec({ argv: ["/bin/sh", "-c", "exit 7"] })).code, 7);
    });

    test("a handle that is not ours, or of an ended bottle, opens nothing", async () => {
      const handle = b.bottle.handle;
      for (const odd of [null, {}, [], "x", { version: 1 }, { ...(handle as object), version: 2 }] as Json[]) {
        assert.equal(await backend.open(recordOf(odd), b.facts, b.folders), null);
      }
    });
  });

  describe(`${name}: the end of a bottle`, { skip }, () => {
    test("part 6: close twice is harmless, everything is gone, later calls answer gone", async () => {
      const backend = await load();
      const b = await openTestBottle(backend);
      const long = b.bottle.exec({ argv: ["/bin/sleep", "60"] });
      const longEnds = rejectsWith("BOTTLE_GONE", long);
      await b.sh("(setsid sleep 60 >/dev/null 2>&1 &)");
      await Promise.all([b.bottle.close(), b.bottle.close()]);
      await b.bottle.close();
      await b.bottle.ended;
      await longEnds;
      assert.equal(await b.bottle.status(), "gone");
      await rejectsWith("BOTTLE_GONE", b.bottle.exec({ argv: ["/bin/true"] }));
      await rejectsWith("BOTTLE_GONE", b.bottle.put([{ path: "/tmp/x", mode: 0o644, content: Buffer.from("x") }]));
      await b.bottle.stop(10);
      assert.equal(await backend.open(recordOf(b.bottle.handle), b.facts, b.folders), null);
      assert.deepEqual(readdirSync(b.folders.run), []);
      await b.dispose();
      assert.ok(!existsSync(b.folders.home));
    });

    test("stop gives TERM first and KILL after the grace", async () => {
      const b = await openTestBottle(await load());
      try {
        const polite = b.bottle.exec({
          argv: [
            "/bin/bash",
            "-c",
            "trap 'echo bye >/workspace/polite; exit 3' TERM; echo up >/workspace/up1; while :; do sleep 0.05; done",
          ],
        });
        const stubborn = b.bottle.exec({
          argv: ["/bin/bash", "-c", "trap '' TERM; echo up >/workspace/up2; while :; do sleep 0.05; done"],
        });
        await b.sh("until [ -e /workspace/up1 ] && [ -e /workspace/up2 ]; do sleep 0.02; done");
        await b.bottle.stop(1000);
        assert.equal((await polite).code, 3);
        assert.equal((await stubborn).code, 137);
        assert.equal(await b.sh("cat /workspace/polite"), "bye\n");
        assert.equal(await b.bottle.status(), "running");
      } finally {
        await b.dispose();
      }
    });

    test("stop and close end a command at whatever moment of its way in they come", { timeout: 60_000 }, async () => {
      const backend = await load();
      for (let afterMs = 0; afterMs <= 24; afterMs += 2) {
        const b = await openTestBottle(backend);
        try {
          const command = b.bottle.exec({ argv: ["/bin/sleep", "600"] }).catch((error: unknown) => error);
          await new Promise((resolve) => setTimeout(resolve, afterMs));
          // A TERM that is lost on the way would cost the whole grace.
          await b.bottle.stop(600_000);
          await b.bottle.close();
          const end = await command;
          assert.ok(end instanceof BottleError || (end as { code: number }).code === 143, String(end));
        } finally {
          await b.dispose();
        }
      }
    });

    test("ended resolves whoever ended it, also for a second handle", async () => {
      const backend = await load();
      const b = await openTestBottle(backend);
      try {
        const again = await backend.open(recordOf(b.bottle.handle), b.facts, b.folders);
        assert.ok(again !== null);
        await again.close();
        await Promise.all([b.bottle.ended, again.ended]);
        assert.equal(await b.bottle.status(), "gone");
        await b.bottle.close();
      } finally {
        await b.dispose();
      }
    });

    test("the undo steps of create alone leave nothing either", async () => {
      const b = await openTestBottle(await load());
      assert.deepEqual(await b.cleanup.run(), []);
      assert.equal(await b.bottle.status(), "gone");
      await b.bottle.close();
      await b.dispose();
    });

    test("row 76: two bottles have a listener each, on the same port, and neither sees the other", async () => {
      const backend = await load();
      const one = await openTestBottle(backend);
      const two = await openTestBottle(backend);
      try {
        one.server.on("connection", (socket) => socket.end("one"));
        two.server.on("connection", (socket) => socket.end("two"));
        const ask = (b: TestBottle) => b.sh("cat </dev/tcp/127.0.0.1/9099");
        assert.deepEqual(await Promise.all([ask(one), ask(two)]), ["one", "two"]);
        await one.sh("(setsid sleep 62.5 >/dev/null 2>&1 &)");
        assert.equal((await two.bottle.exec({ argv: ["/usr/bin/pgrep", "-f", "sleep 62[.]5"] })).code, 1);
      } finally {
        await Promise.all([one.dispose(), two.dispose()]);
      }
    });
  });

  describe(`${name}: folders that an agent wrote`, { skip }, () => {
    test("row 143: deep trees, links, odd names and mode 000 are measured and erased; what links point at stays", async () => {
      const backend = await load();
      const b = await openTestBottle(backend);
      let home = "";
      try {
        await b.sh(`
          cd ~ && mkdir -p closed/inner && head -c 100000 /dev/zero >closed/inner/f && chmod 000 closed/inner closed
          ln -s / root; ln -s /etc/passwd passwd; mkfifo fifo; touch -- '-rf' $'new\\nline' '*'
          perl -e 'for (1..3000) { mkdir "d" x 20 or die; chdir "d" x 20 or die }'
          truncate -s 1T sparse`);
        home = b.folders.home;
        const size = await backend.measure(home, b.facts);
        assert.ok(size.files > 3000, `files: ${size.files}`);
        assert.ok(size.bytes < 100 * 2 ** 20, `bytes: ${size.bytes}`);
      } finally {
        await b.dispose();
      }
      assert.ok(!existsSync(home));
      assert.ok(existsSync("/etc/passwd"));
      await backend.erase(home, b.facts);
    });
  });
}

/** Polls what no event tells, up to five seconds. */
async function eventually(question: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!(await question())) {
    if (Date.now() > deadline) assert.fail("did not come true in 5 s");
    await delay(20);
  }
}
