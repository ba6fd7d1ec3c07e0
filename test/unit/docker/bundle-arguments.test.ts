import assert from "node:assert/strict";
import { test } from "node:test";
import {
  aliasLine,
  bundleAttachment,
  connectArguments,
  networkArguments,
  sidecarArguments,
} from "../../../src/backends/docker/bundle-arguments.ts";
import { placementFor } from "../../../src/backends/docker/plan.ts";

const ownership = { kind: "network", bottle: "one", owner: 0, machine: "m", version: "1" } as const;
/** Does `words` hold these one after the other? */
const has = (words: readonly string[], ...part: readonly string[]) =>
  words.some((_, at) => part.every((word, index) => words[at + index] === word));

test("row 75: the inner network leads nowhere and its bridge has no address; the outer one is an ordinary bridge", () => {
  const inner = networkArguments("inner", "in", ownership);
  assert.ok(inner.includes("--internal"));
  assert.ok(has(inner, "--opt", "com.docker.network.bridge.inhibit_ipv4=true"));
  assert.equal(inner.at(-1), "in");
  const outer = networkArguments("outer", "out", ownership);
  assert.ok(!outer.includes("--internal") && !outer.includes("--opt"));
  for (const words of [inner, outer]) assert.ok(has(words, "--label", "bot-bottle.bottle=one"));
});

test("row 40: a cage is on the inner network alone, and the engine's resolver is told to ask the cage itself", () => {
  const { network, mounts, proxyUrl } = bundleAttachment("in");
  assert.deepEqual(network, ["--network", "in", "--dns", "127.0.0.1"]);
  assert.deepEqual([mounts, proxyUrl], [[], "http://egress:9099"]);
});

test("part 22: the sidecar has the names that agents know, in the engine and in the cage's hosts file", () => {
  const words = connectArguments("in", "side");
  for (const alias of ["egress", "pipelock", "git-gate", "supervise"]) assert.ok(has(words, "--alias", alias));
  assert.deepEqual(words.slice(-2), ["in", "side"]);
  assert.equal(aliasLine("192.0.2.3"), "192.0.2.3 egress pipelock git-gate supervise\n");
});

test("row 150: a sidecar mounts nothing, is nobody, has no capability and forwards no packet", () => {
  const words = sidecarArguments({
    name: "side",
    ownership: { ...ownership, kind: "sidecar" },
    image: "sha256:1",
    runtime: null,
    seccompFile: "/run/x/seccomp",
    outer: "out",
  });
  assert.ok(!words.some((word) => ["--mount", "--volume", "-v", "--privileged", "--cap-add"].includes(word)));
  assert.ok(has(words, "--cap-drop", "ALL") && has(words, "--security-opt", "no-new-privileges"));
  assert.ok(has(words, "--security-opt", "seccomp=/run/x/seccomp") && has(words, "--ulimit", "core=0"));
  assert.ok(has(words, "--user", "10001:10001") && words.includes("--read-only"));
  assert.ok(has(words, "--sysctl", "net.ipv4.ip_forward=0") && has(words, "--network", "out"));
  assert.ok(has(words, "--env", "BOT_BOTTLE_SERVICES=egress"));
  assert.ok(!words.includes("--init"), "it has an init of its own");
  assert.ok(!words.includes("--publish") && !words.includes("-p"));
});

test("a socket leads to engines that share the kernel with the host process; others get a sidecar", () => {
  const here = {
    endpoint: "unix:///var/run/docker.sock",
    product: "Debian GNU/Linux 12",
    platform: "linux",
    sees: true,
  };
  assert.equal(placementFor(null, here), "socket");
  assert.equal(placementFor(null, { ...here, product: "Docker Desktop" }), "bundle");
  assert.equal(placementFor(null, { ...here, endpoint: "ssh://somewhere" }), "bundle");
  assert.equal(placementFor(null, { ...here, endpoint: "tcp://192.0.2.1:2376" }), "bundle");
  assert.equal(placementFor(null, { ...here, platform: "darwin" }), "bundle");
  assert.equal(placementFor(null, { ...here, sees: false }), "bundle", "a socket that is forwarded");
  assert.throws(() => placementFor("socket", { ...here, sees: false }), { code: "PLAN_INVALID" });
  assert.equal(placementFor("bundle", here), "bundle");
  assert.equal(placementFor("socket", { ...here, endpoint: "ssh://somewhere" }), "socket");
});
