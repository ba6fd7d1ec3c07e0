import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Backend, CreateContext } from "../../src/backends/backend.ts";
import type { Handle } from "../../src/backends/bubblewrap/bottle.ts";
import { hostPids, processesIn } from "../../src/backends/bubblewrap/processes.ts";
import { loadBackend } from "../../src/backends/builtins.ts";
import { onlyHere } from "../../src/backends/service-ways.ts";
import { BottleError } from "../../src/core/model/errors.ts";
import type { HostFacts } from "../../src/core/model/host-facts.ts";
import type { BottlePlan } from "../../src/core/model/plan.ts";
import { Cleanup } from "../../src/host/cleanup.ts";
import { gatherFacts } from "../../src/host/facts.ts";
import { isPresent } from "../../src/host/process-identity.ts";
import { skipWithout } from "../support/needs.ts";
import { guestFiles, openTestBottle, testFolders, testPlan, workspaceAt } from "../support/test-bottle.ts";

const skip = skipWithout("bubblewrap");
const COLUMN = process.getuid?.() === 0 ? "bubblewrap, as root" : "bubblewrap";

function groupFolders(facts: HostFacts, bottle: string): string[] {
  if (facts.cgroup.kind !== "v1") return [];
  return Object.values(facts.cgroup.roots).flatMap((root) =>
    readdirSync(root)
      .filter((name) => name.startsWith(`bot-bottle-${bottle}.`))
      .map((name) => join(root, name)),
  );
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

async function gone(handle: Handle, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (
    isPresent(handle.entry.init) ||
    isPresent(handle.monitor) ||
    processesIn(handle.pidNamespace, handle.entry.init).length > 0
  ) {
    if (Date.now() > deadline) return false;
    await delay(5);
  }
  return true;
}

describe("bubblewrap: faults", { skip }, () => {
  let backend: Backend;
  let facts: HostFacts;
  let top: string;
  let folders: CreateContext["folders"];
  before(async () => {
    backend = await loadBackend("bubblewrap");
    facts = gatherFacts();
    ({ top, folders } = testFolders());
  });
  after(async () => {
    for (const folder of [folders.home, folders.workspace]) await backend.erase(folder, facts);
    rmSync(top, { recursive: true, force: true });
  });

  const attempt = async (more: {
    plan?: Partial<BottlePlan>;
    facts?: Partial<HostFacts>;
    journal?: CreateContext["journal"];
  }) => {
    const cleanup = new Cleanup();
    try {
      const shell = await backend.create(
        { ...testPlan("faulty", folders.workspace), ...more.plan },
        { facts: { ...facts, ...more.facts }, folders, cleanup, journal: more.journal ?? (async () => {}) },
      );
      await shell.serve(
        onlyHere(async (listener) => {
          cleanup.push("listener", () => void listener.close());
          return { caPem: "" };
        }),
      );
      await shell.start(guestFiles());
      return null;
    } catch (error) {
      return error;
    } finally {
      assert.deepEqual(await cleanup.run(), []);
      assert.deepEqual(groupFolders(facts, "faulty"), []);
      assert.deepEqual(readdirSync(folders.run), []);
    }
  };

  test("part 7: whichever step fails, nothing is left", async () => {
    let steps = 0;
    for (let failing = 1; ; failing += 1) {
      steps = 0;
      const error = await attempt({
        journal: async () => {
          steps += 1;
          if (steps === failing) throw new Error("disk full");
        },
      });
      if (error === null) break;
      assert.match(String(error), /disk full/);
    }
    assert.ok(steps >= 3);
  });

  test("part 33: a missing tool is named with its mend before anything is made", async () => {
    let made = 0;
    const { bwrap: _bwrap, nsenter: _nsenter, ...tools } = facts.tools;
    const error = await attempt({
      facts: { tools },
      journal: async () => {
        made += 1;
      },
    });
    assert.ok(error instanceof BottleError);
    assert.equal(error.code, "HOST_UNFIT");
    assert.match(error.message, /bwrap.*nsenter/);
    assert.match(error.hint ?? "", /apt install bubblewrap/);
    assert.equal(made, 0);
    const findings = await backend.probe({ ...facts, tools });
    assert.ok(findings.some((finding) => finding.id === "bwrap-missing" && finding.level === "error"));
  });

  test("a kernel that refuses is told in bwrap's words, with the mend", async () => {
    const fake = join(top, "bwrap");
    for (const [words, id] of [
      ["bwrap: setting up uid map: Permission denied", "userns-blocked"],
      ["bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "userns-blocked"],
      [
        "bwrap: No permissions to create new namespace, likely because the kernel does not allow it.",
        "userns-forbidden",
      ],
      ["bwrap: Creating new namespace failed: No space left on device", "userns-limit"],
    ] as const) {
      writeFileSync(fake, `#!/bin/sh\necho '${words}' >&2\nexit 1\n`);
      chmodSync(fake, 0o755);
      const error = await attempt({ facts: { tools: { ...facts.tools, bwrap: fake } } });
      assert.ok(error instanceof BottleError, String(error));
      assert.deepEqual([error.code, error.facts?.finding], ["HOST_UNFIT", id]);
      assert.ok(error.hint !== undefined && error.message.includes(words));
      const findings = await backend.probe({ ...facts, tools: { ...facts.tools, bwrap: fake } });
      assert.ok(
        findings.some((finding) => finding.id === id && finding.level === "error" && finding.mend !== undefined),
      );
    }
  });

  test("a helper that cannot make the listener is an error, and nothing is left", async () => {
    for (const node of ["/bin/false", "/nonexistent"]) {
      const { perl: _perl, ...tools } = facts.tools;
      const error = await attempt({ facts: { node, tools } });
      assert.ok(error instanceof BottleError);
      assert.equal(error.code, "CREATE_FAILED");
    }
  });

  test("the listener is made without perl too, and where perl fails", async () => {
    const { perl: _perl, ...tools } = facts.tools;
    for (const some of [tools, { ...tools, perl: "/bin/false" }]) {
      const b = await openTestBottle(backend, { facts: { tools: some } });
      try {
        b.server.on("connection", (socket) => socket.end("hello"));
        assert.equal(await b.sh("cat </dev/tcp/127.0.0.1/9099"), "hello");
      } finally {
        await b.dispose();
      }
    }
  });

  test("row 86: CVE-2026-87766: a mount point below what the agent writes is refused", async () => {
    for (const guest of [
      "/workspace/.git",
      "/workspace",
      "/home/agent/.cache",
      "/home",
      "/usr/x",
      "/run/bottle",
      "/opt/../etc",
      "relative",
    ]) {
      const error = await attempt({ plan: { mounts: [{ host: "/usr/share", guest }] } });
      assert.ok(error instanceof BottleError, guest);
      assert.equal(error.code, "PLAN_INVALID", guest);
    }
    const error = await attempt({
      plan: { workspace: workspaceAt("copy", folders.workspace, "/home/agent/w") },
    });
    assert.ok(error instanceof BottleError && error.code === "PLAN_INVALID");
  });

  test("row 146: root's own folder is not bound", { skip: skipWithout("root") }, async () => {
    const host = join(top, "roots");
    mkdirSync(host);
    const error = await attempt({ plan: { workspace: workspaceAt("bind", host) } });
    assert.ok(error instanceof BottleError);
    assert.equal(error.code, "WORKSPACE_REFUSED");
  });

  test("row 134: part 32: kill -9 of the host process takes the cage along; one prune removes the rest", async () => {
    const name = `killed-${process.pid}`;
    const host = spawn(
      process.execPath,
      [
        join(import.meta.dirname, "../support/bottle-host.ts"),
        COLUMN,
        name,
        folders.home,
        folders.workspace,
        folders.run,
      ],
      {
        env: { PATH: "/usr/bin:/bin" },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    let out = "";
    const handle = await new Promise<Handle>((resolve) => {
      host.stdout.setEncoding("utf8").on("data", (text: string) => {
        out += text;
        const line = /^\{.*\}$/m.exec(out);
        if (line !== null) resolve(JSON.parse(line[0]) as Handle);
      });
    });
    assert.deepEqual(
      (await backend.survey(facts, new Set())).filter(({ bottle }) => bottle === name),
      [],
      "a living bottle is no leftover",
    );
    if (facts.cgroup.kind === "v1") assert.ok(groupFolders(facts, name).length > 0);
    host.kill("SIGKILL");
    assert.ok(await gone(handle, 3000), "the cage outlived its host process");
    const leftovers = (await backend.survey(facts, new Set())).filter(({ bottle }) => bottle === name);
    assert.deepEqual(
      (await backend.survey(facts, new Set([name]))).filter(({ bottle }) => bottle === name),
      [],
    );
    // A `bottle prune` of a test beside this one may have come first.
    const left = groupFolders(facts, name);
    if (left.length > 0) assert.equal(leftovers.length, left.length);
    for (const leftover of [...leftovers, ...leftovers]) await backend.remove(leftover, facts);
    assert.deepEqual(groupFolders(facts, name), []);
  });

  test("kill -9 of the host process at any moment of create leaves only what prune removes", async () => {
    for (const wait of [0, 3, 6, 10, 15, 20, 30, 50, 80]) {
      const name = `early-${process.pid}-${wait}`;
      const host = spawn(
        process.execPath,
        [
          join(import.meta.dirname, "../support/bottle-host.ts"),
          COLUMN,
          name,
          folders.home,
          folders.workspace,
          folders.run,
        ],
        {
          env: { PATH: "/usr/bin:/bin" },
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      await new Promise((resolve) => host.stdout.once("data", resolve));
      await delay(wait);
      host.kill("SIGKILL");
      await new Promise((resolve) => host.once("close", resolve));
      await delay(100);
      const stuck = () => hostPids().filter((pid) => commandLine(pid).includes(`\0${name}.`));
      for (const leftover of await backend.survey(facts, new Set())) {
        if (leftover.bottle === name) await backend.remove(leftover, facts);
      }
      assert.deepEqual(groupFolders(facts, name), []);
      assert.deepEqual(
        (await backend.survey(facts, new Set())).filter(({ bottle }) => bottle === name),
        [],
      );
      assert.deepEqual(stuck(), []);
    }
  });

  test("a cage whose init or whose bwrap is killed has ended, and close still cleans up", async () => {
    for (const victim of ["init", "monitor"] as const) {
      const b = await openTestBottle(backend);
      try {
        const handle = b.bottle.handle as unknown as Handle;
        process.kill(victim === "init" ? handle.entry.init.pid : handle.monitor.pid, "SIGKILL");
        await b.bottle.ended;
        assert.equal(await b.bottle.status(), "gone");
        assert.ok(await gone(handle, 1000));
        await b.bottle.close();
        assert.deepEqual(groupFolders(b.facts, b.plan.name), []);
      } finally {
        await b.dispose();
      }
    }
  });

  test("row 153: a recycled pid is never entered", async () => {
    const b = await openTestBottle(backend);
    try {
      const handle = b.bottle.handle as unknown as Handle;
      const { entryCommand } = await import("../../src/backends/bubblewrap/entry-arguments.ts");
      const { run } = await import("../../src/host/exec.ts");
      const init = { ...handle.entry.init, startTime: handle.entry.init.startTime + 1 };
      const result = await run(entryCommand({ ...handle.entry, init }, { argv: ["/bin/true"] }, false));
      assert.equal(result.code, 125);
      assert.match(result.stderr.toString(), /the bottle has ended/);
    } finally {
      await b.dispose();
    }
  });

  test("doctor finds this machine fit, and leaves nothing", async () => {
    const before = readdirSync(process.env.TMPDIR ?? "/tmp").filter((name) => name.startsWith("bot-bottle-probe-"));
    const findings = await backend.probe(facts);
    assert.deepEqual(
      findings.filter((finding) => finding.level === "error"),
      [],
    );
    assert.ok(findings.some((finding) => finding.id === "cage" && finding.level === "ok"));
    assert.deepEqual(
      readdirSync(process.env.TMPDIR ?? "/tmp").filter((name) => name.startsWith("bot-bottle-probe-")),
      before,
    );
    assert.deepEqual(groupFolders(facts, "probe"), []);
  });
});
