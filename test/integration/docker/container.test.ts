import assert from "node:assert/strict";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadBackend } from "../../../src/backends/builtins.ts";
import { callEngine, engineHere } from "../../../src/backends/docker/engine.ts";
import { defaultImage } from "../../../src/backends/docker/image.ts";
import { readLabels } from "../../../src/backends/docker/labels.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { skipWithout } from "../../support/needs.ts";
import { openTestBottle, type TestBottle } from "../../support/test-bottle.ts";

const CANARY = `canary-${process.pid}-of-a-password`;

const containerOf = ({ bottle }: TestBottle) =>
  (bottle.handle as unknown as { entry: { container: string } }).entry.container;

describe("a bottle in a container", { skip: skipWithout("docker-images", "perl") }, () => {
  test("row 25: no value of the bottle's environment is in what the engine keeps or in any argv", async () => {
    const b = await openTestBottle(await loadBackend("docker"), { env: { TOKEN: CANARY } });
    try {
      assert.equal(await b.sh('printf %s "$TOKEN"'), CANARY);
      const running = b.bottle.exec({ argv: ["/bin/sh", "-c", "echo here; sleep 600"] }).catch(() => {});
      const engine = engineHere();
      const kept = await callEngine(engine, ["container", "inspect", containerOf(b)]);
      assert.match(kept, /bot-bottle\.bottle/);
      assert.ok(!kept.includes(CANARY));
      const { id } = await defaultImage(engine, process.env);
      assert.ok(!(await callEngine(engine, ["image", "inspect", id])).includes(CANARY));
      assert.ok(!(await callEngine(engine, ["image", "history", "--no-trunc", id])).includes(CANARY));
      for (const file of globSync("/proc/[0-9]*/cmdline")) {
        assert.ok(!readOrEmpty(file).includes(CANARY), file);
      }
      await b.bottle.stop(0);
      await running;
    } finally {
      await b.dispose();
    }
  });

  test("part B32: the container says whose it is, for which bottle and by which version", async () => {
    const b = await openTestBottle(await loadBackend("docker"));
    try {
      const args = ["container", "inspect", "--format", "{{json .Config.Labels}}", containerOf(b)];
      const ownership = readLabels(JSON.parse(await callEngine(engineHere(), args)) as Record<string, unknown>);
      assert.equal(ownership?.kind, "cage");
      assert.equal(ownership.bottle, b.plan.name);
      assert.equal(ownership.owner, process.getuid?.());
      assert.equal(ownership.host?.pid, process.pid);
      assert.match(ownership.version, /^\d+\.\d+/);
      assert.match(ownership.state ?? "", /^[0-9a-f]{16}$/);
    } finally {
      await b.dispose();
    }
  });

  test("the operator's proxies of the client's configuration, with their passwords, do not come in", async () => {
    const folder = mkdtempSync(join(tmpdir(), "docker-config-"));
    const before = process.env.DOCKER_CONFIG;
    const proxy = `http://operator:${CANARY}@proxy.invalid:3128`;
    const proxies = { httpProxy: proxy, httpsProxy: proxy, ftpProxy: proxy, noProxy: CANARY, allProxy: proxy };
    writeFileSync(join(folder, "config.json"), JSON.stringify({ proxies: { default: proxies } }));
    process.env.DOCKER_CONFIG = folder;
    try {
      const b = await openTestBottle(await loadBackend("docker"));
      try {
        assert.ok(!(await b.sh("env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'")).includes(CANARY));
        assert.ok(!(await callEngine(engineHere(), ["container", "inspect", containerOf(b)])).includes(CANARY));
      } finally {
        await b.dispose();
      }
    } finally {
      if (before === undefined) delete process.env.DOCKER_CONFIG;
      else process.env.DOCKER_CONFIG = before;
      rmSync(folder, { recursive: true });
    }
  });

  test("an image that declares a volume is refused by name, before anything is made", async () => {
    const engine = engineHere();
    const name = `localhost/bot-bottle-test-volume:${process.pid}`;
    const { id } = await defaultImage(engine, process.env);
    const dockerfile = Buffer.from(`FROM ${id}\nVOLUME /data\n`);
    await callEngine(engine, ["build", "--quiet", "--network", "none", "--tag", name, "-"], { stdin: dockerfile });
    try {
      const backendOptions = { image: name, placement: "socket", runtime: null } as const;
      await assert.rejects(
        openTestBottle(await loadBackend("docker"), { plan: () => ({ backendOptions }) }),
        (error) =>
          error instanceof BottleError &&
          error.code === "HOST_UNFIT" &&
          error.message.includes(`${name} declares volumes: {"/data":{}}`),
      );
    } finally {
      await callEngine(engine, ["image", "rm", "--force", name]);
    }
  });

  test("an image or a runtime that is not there is a typed error with the mend", async () => {
    const backend = await loadBackend("docker");
    const start = (options: { image: string | null; runtime: string | null }) =>
      openTestBottle(backend, { plan: () => ({ backendOptions: { placement: "socket", ...options } }) });
    await assert.rejects(
      start({ image: "localhost/bot-bottle-test/none:1", runtime: null }),
      (error) =>
        error instanceof BottleError && error.code === "HOST_UNFIT" && /bottle image build/.test(error.hint ?? ""),
    );
    await assert.rejects(
      start({ image: null, runtime: "no-such-runtime" }),
      (error) => error instanceof BottleError && error.facts?.finding === "runtime-missing",
    );
  });

  test("a client that is killed ends the bottle: nobody would hold it any more", async () => {
    const b = await openTestBottle(await loadBackend("docker"));
    try {
      const container = containerOf(b);
      const client = globSync("/proc/[0-9]*/cmdline").find((file) => {
        const words = readOrEmpty(file).split("\0");
        return words.includes("run") && words.includes(container);
      });
      assert.ok(client !== undefined);
      process.kill(Number(client.split("/")[2]), "SIGKILL");
      await b.bottle.ended;
      await b.bottle.close();
      assert.equal(await b.bottle.status(), "gone");
    } finally {
      await b.dispose();
    }
  });
});

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
