import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { seccompProfile } from "../../../src/backends/docker/seccomp.ts";
import { runFiles, writeRunFiles } from "../../../src/backends/run-files.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { docker, engineEnv, openBundleBottle, thingsOf } from "../../support/docker/bundle-bottle.ts";
import { skipWithout } from "../../support/needs.ts";

const need = { skip: skipWithout("docker", "docker-images", "docker-compose", "root") };

/** What the engine was told of a container, as far as both ways say it. */
function hardeningOf(container: string): Readonly<Record<string, unknown>> {
  const [{ HostConfig: host, Config: config }] = JSON.parse(docker("container", "inspect", container));
  const profile = (option: string) => (option.startsWith("seccomp=") ? JSON.parse(option.slice(8)) : option);
  return {
    capabilities: host.CapDrop,
    security: host.SecurityOpt.map(profile),
    readOnly: host.ReadonlyRootfs,
    tmpfs: host.Tmpfs,
    shm: host.ShmSize,
    memory: [host.Memory, host.MemorySwap, host.PidsLimit, host.NanoCpus],
    ulimits: host.Ulimits,
    sysctls: host.Sysctls ?? null,
    dns: host.Dns ?? [],
    ipc: host.IpcMode,
    init: host.Init ?? null,
    log: host.LogConfig.Type,
    oom: host.OomScoreAdj,
    privileged: host.Privileged,
    ports: host.PortBindings ?? {},
    user: config.User,
    command: [config.Entrypoint, config.Cmd, config.WorkingDir, config.OpenStdin],
    environment: [...config.Env].sort(),
  };
}

test(
  "a Compose file makes the same containers and networks as a start, and its cage resolves its sidecar and nothing else",
  need,
  async (t) => {
    await using real = await openBundleBottle(`compose-${process.pid}`);
    const name = `composed-${process.pid}`;
    const { stdout, code, stderr } = await real.bottle("plan", "shell", "--name", name, "--format", "compose");
    assert.equal(code, 0, stderr);

    const folder = mkdtempSync(join(tmpdir(), "compose-"));
    chmodSync(folder, 0o755);
    for (const part of ["run", "home", "workspace"]) mkdirSync(join(folder, part));
    writeRunFiles(runFiles(join(folder, "run")), JSON.stringify(seccompProfile(gatherFacts().arch)));
    writeFileSync(join(folder, "run", "guest", "ca-bundle.pem"), "");
    const file = join(folder, "compose.yaml");
    writeFileSync(file, stdout);
    const compose = (...args: readonly string[]) => {
      const env = {
        PATH: process.env.PATH,
        HOME: folder,
        ...engineEnv(),
        BOTTLE_FOLDER: folder,
        BOTTLE_RUN: join(folder, "run"),
      };
      const words = ["--project-name", name, "--file", file, ...args];
      const result = spawnSync("docker-compose", words, { env, encoding: "utf8", timeout: 120_000 });
      assert.equal(result.status, 0, result.stderr);
      return result.stdout;
    };
    t.after(() => {
      compose("down", "--timeout", "1");
      rmSync(folder, { recursive: true });
      assert.deepEqual(thingsOf(name), []);
    });
    compose("up", "--detach");

    const [cage, sidecar] = [`bot-bottle-cage-${name}`, `bot-bottle-sidecar-${name}`];
    assert.deepEqual(hardeningOf(cage), hardeningOf(real.cage));
    assert.deepEqual(hardeningOf(sidecar), hardeningOf(real.sidecar));
    const network = (which: string) =>
      docker("network", "inspect", "--format", "{{.Driver}} {{.Internal}} {{json .Options}} {{.EnableIPv6}}", which);
    assert.equal(network(`${name}_inner`), network(real.inner));
    assert.deepEqual(
      Object.keys(JSON.parse(docker("container", "inspect", "--format", "{{json .NetworkSettings.Networks}}", cage))),
      [`${name}_inner`],
    );

    const hosts = (host: string) =>
      spawnSync("docker", ["exec", "--user", "1000:1000", cage, "getent", "hosts", host], {
        encoding: "utf8",
        timeout: 60_000,
      }).stdout;
    for (const alias of ["egress", "pipelock", "git-gate", "supervise"]) assert.match(hosts(alias), /^\d/, alias);
    assert.equal(hosts("leak.example.test"), "");
    // Nobody feeds it: it idles, and nothing listens.
    assert.doesNotMatch(docker("container", "top", sidecar), /node/);
  },
);

test("a backend without containers says that it has no such form", { skip: skipWithout("bubblewrap") }, async () => {
  const { newOperator } = await import("../../support/operator.ts");
  using operator = newOperator();
  const { code, stderr } = await operator.bottle(["plan", "shell", "--backend", "bubblewrap", "--format", "compose"]);
  assert.equal(code, 3, stderr);
  assert.match(stderr, /cannot be said as a Compose file/);
});
