import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { gatewayEnv } from "../../../src/core/plan/gateway-env.ts";
import { runFiles, shellWord } from "../../../src/core/plan/run-files.ts";
import fc from "../../support/properties.ts";

test("a shell reads every quoted word back as exactly the text", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ unit: "binary" }).filter((text) => !text.includes("\0") && text.isWellFormed()),
        { maxLength: 8 },
      ),
      (words) => {
        const script = `for word in ${words.map(shellWord).join(" ")}; do printf '%s\\0' "$word"; done`;
        const { stdout } = spawnSync("/bin/sh", ["-c", script], { encoding: "utf8", env: {} });
        assert.deepEqual(stdout.split("\0").slice(0, -1), words);
      },
    ),
    { numRuns: 60 },
  );
});

test("the env file sets what it is given, and a name that is none is left out", () => {
  const files = runFiles({
    folder: "/run/bottle",
    env: { GREETING: "it's $HOME `id`\n", "BAD NAME": "x" },
    caPem: "CA",
    hostRootsPem: "ROOTS",
  });
  const env = files.find((file) => file.path === "/run/bottle/env");
  assert.ok(env);
  const text = Buffer.from(env.content).toString();
  assert.doesNotMatch(text, /BAD/);
  const { stdout } = spawnSync("/bin/sh", ["-c", `${text}\nprintf %s "$GREETING"`], { encoding: "utf8", env: {} });
  assert.equal(stdout, "it's $HOME `id`\n");
});

test("both spellings of the proxy variables are set, since curl ignores HTTP_PROXY", () => {
  const env = gatewayEnv("http://127.0.0.1:9099", "/run/bottle");
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"])
    assert.equal(env[name], "http://127.0.0.1:9099");
});

test("Java, which reads no variable of a proxy, is told the same proxy and a trust store of the bottle", () => {
  const options = gatewayEnv("http://127.0.0.1:9099", "/run/bottle").JAVA_TOOL_OPTIONS?.split(" ") ?? [];
  for (const scheme of ["http", "https"]) {
    assert.ok(options.includes(`-D${scheme}.proxyHost=127.0.0.1`) && options.includes(`-D${scheme}.proxyPort=9099`));
  }
  assert.ok(options.includes("-Djavax.net.ssl.trustStore=/run/bottle/java-cacerts"));
});
