import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnoseEngine } from "../../../src/backends/docker/diagnosis.ts";
import { askEngine, callEngine, engineCommand, engineIn } from "../../../src/backends/docker/engine.ts";
import { readEngineFacts } from "../../../src/backends/docker/engine-facts.ts";
import { BottleError } from "../../../src/core/model/errors.ts";

test("docker gets which engine and nothing else of the operator's environment", () => {
  const env = {
    DOCKER_HOST: "unix:///run/x.sock",
    DOCKER_CONTEXT: "away",
    DOCKER_CONFIG: "/home/op/.docker",
    HOME: "/home/op",
    ANTHROPIC_API_KEY: "not-for-docker",
    HTTPS_PROXY: "http://user:word@proxy.invalid",
    DOCKER_TLS_VERIFY: "",
  };
  assert.deepEqual(engineIn("/usr/bin/docker", env).env, {
    PATH: "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
    DOCKER_HOST: "unix:///run/x.sock",
    DOCKER_CONTEXT: "away",
    DOCKER_CONFIG: "/home/op/.docker",
    HOME: "/home/op",
  });
  assert.deepEqual(engineCommand(engineIn("/usr/bin/docker", {}), ["ps", "-a"]).argv, ["/usr/bin/docker", "ps", "-a"]);
});

test("a docker that is not installed is named with its mend", () => {
  assert.throws(
    () => engineIn(null, {}),
    (error) =>
      error instanceof BottleError && error.code === "HOST_UNFIT" && error.hint?.includes("docker.io") === true,
  );
});

test("an engine that cannot be used is told from a call that it refused", () => {
  const unfit = {
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?": "engine-down",
    "error during connect: Get http://x/v1.24/info: command [ssh] has exited": "engine-down",
    "Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get x: dial unix /var/run/docker.sock: connect: permission denied":
      "engine-forbidden",
    "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock": "engine-forbidden",
    'Current context "away" is not found on the file system: context "away" does not exist': "engine-context",
    "Error response from daemon: client version 1.50 is too new. Maximum supported API version is 1.41":
      "engine-version",
  };
  for (const [words, id] of Object.entries(unfit)) {
    assert.deepEqual([diagnoseEngine(words).id, diagnoseEngine(words).unfit], [id, true], words);
    assert.notEqual(diagnoseEngine(words).mend, undefined);
  }
  const refused = {
    "Unable to find image 'x:latest' locally": "image-missing",
    'docker: Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /x.':
      "not-shared",
    "docker: Error response from daemon: Unknown runtime specified runsc.": "runtime-missing",
    "docker: Error response from daemon: mkdir /var/lib/docker: no space left on device": "engine-full",
    "docker: Error response from daemon: something new.\nSee 'docker run --help'.": "engine-failed",
  };
  for (const [words, id] of Object.entries(refused)) {
    assert.deepEqual([diagnoseEngine(words).id, diagnoseEngine(words).unfit], [id, false], words);
  }
  assert.equal(diagnoseEngine("", true).id, "engine-silent");
});

test("what an engine says is escaped", () => {
  assert.doesNotMatch(diagnoseEngine("docker: \u001b[2Jgone").message, /\u001b/);
});

test("a docker that hangs and ignores TERM is ended at the deadline", async () => {
  // A shell stands in for docker: the first word is its option, so that the second is run.
  const engine = { docker: "/bin/sh", env: { PATH: "/usr/bin:/bin" } };
  const hang = ["-c", "trap '' TERM; sleep 30 & wait; sleep 30"];
  const result = await askEngine(engine, hang, { timeoutMs: 300 });
  assert.equal(result.timedOut, true);
  await assert.rejects(
    callEngine(engine, hang, { timeoutMs: 300 }),
    (error) => error instanceof BottleError && error.code === "HOST_UNFIT" && error.facts?.finding === "engine-silent",
  );
});

test("a call that is refused has the code that was asked for, and the engine's words", async () => {
  const engine = { docker: "/bin/sh", env: {} };
  await assert.rejects(
    callEngine(engine, ["-c", "echo 'Error response from daemon: busy' >&2; exit 1"], { code: "TEARDOWN_INCOMPLETE" }),
    (error) => error instanceof BottleError && error.code === "TEARDOWN_INCOMPLETE" && /busy/.test(error.message),
  );
  assert.equal(await callEngine(engine, ["-c", "echo fine"]), "fine\n");
});

test("an engine that may not be used is not said to be down: `docker info` has the words in its output", () => {
  const said = "permission denied while trying to connect to the Docker daemon socket at unix:///x.sock";
  const finding = (words: string) => {
    try {
      readEngineFacts(JSON.stringify({ ServerErrors: [words] }));
    } catch (error) {
      if (error instanceof BottleError)
        return [error.code, error.facts?.finding, error.hint?.split(/[ ,]/, 2).join(" ")];
    }
    return null;
  };
  assert.deepEqual(finding(said), ["HOST_UNFIT", "engine-forbidden", "add yourself"]);
  assert.deepEqual(finding("words of a later version"), ["HOST_UNFIT", "engine-down", "start it"]);
});
