import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { readProposals } from "../../../src/state/proposals.ts";
import { grant } from "../../support/core/policies.ts";
import { get } from "../../support/gateway/asking.ts";
import { credential, eventually, SECRET } from "../../support/gateway/fixture.ts";
import { openRaw } from "../../support/gateway/raw-client.ts";
import { statusOf } from "../../support/gateway/verdicts.ts";
import { NODE_FLAGS } from "../../support/node-flags.ts";
import { openPlace, presentChild } from "../../support/sidecar/place.ts";
import { openSidecar, type SidecarWorld } from "../../support/sidecar/world.ts";
import { yes } from "../../support/yes.ts";

const restarts = (world: SidecarWorld) =>
  world.audit().filter((event) => event.type === "session" && event.event === "service-restarted").length;

test("a sidecar that is killed is started again: same CA, the present policy, values read anew, and it is written down", async (t) => {
  const world = await openSidecar(t, {
    rules: [{ ask: true }],
    credentials: [credential()],
    values: { api: SECRET },
  });
  const { policy, services } = world;
  const before = await world.inside();
  await services.apply(
    { ...policy, version: 2, grants: [grant({ method: "GET", authority: "api.example.test:443", path: "/a" })] },
    "grant",
  );
  get(before, "/a");
  assert.equal(statusOf(await before.until("}")), 200);
  world.values.set("api", "sk-real-renewed-5hT9wQ2xB4nM7");
  presentChild(world.place).kill("SIGKILL");
  await before.closed();
  await eventually(() => restarts(world) === 1, 20_000);
  // `inside` trusts the CA of the first process alone.
  const after = await world.inside();
  get(after, "/a");
  assert.equal(statusOf(await after.until("}")), 200, "the grant is in the fresh start data");
  assert.equal(world.origin.seen.at(-1)?.headers.authorization, "Bearer sk-real-renewed-5hT9wQ2xB4nM7");
  const lines = world.audit().flatMap((event) => (event.type === "session" ? [event.event] : []));
  assert.ok(lines.indexOf("service-ended") < lines.indexOf("service-restarted"));
  assert.ok(world.alerts.some((line) => line.includes("ended and is started again")));
  assert.equal(world.place.children.length, 2);
});

test("what waited for the operator when the sidecar died waits no more, and a yes to it gives nothing", async (t) => {
  const world = await openSidecar(t, { rules: [{ ask: true }] });
  const client = await world.inside();
  get(client, "/a");
  const waiting = () => readProposals(join(world.folder, "proposals"));
  let id = "";
  await eventually(() => {
    void waiting().then(([first]) => {
      id = first?.id ?? "";
    });
    return id !== "";
  });
  presentChild(world.place).kill("SIGKILL");
  await eventually(() => restarts(world) === 1, 20_000);
  assert.deepEqual(await waiting(), []);
  await assert.rejects(yes(world.asking, id, "bottle"), /was settled before/);
  const after = await world.inside();
  get(after, "/a");
  await eventually(
    () => world.audit().filter((event) => event.type === "decision" && event.verdict === "ask").length === 2,
  );
});

test("a policy that comes while no sidecar runs is in force with the next one", async (t) => {
  const place = openPlace(t);
  const held = Promise.withResolvers<void>();
  let runs = 0;
  const slow = {
    ...place,
    run: async () => {
      runs += 1;
      if (runs > 1) await held.promise;
      return place.run();
    },
  };
  const world = await openSidecar(t, { place: slow });
  presentChild(place).kill("SIGKILL");
  await eventually(() => runs === 2);
  assert.equal(await world.services.apply({ ...world.policy, version: 2, rules: [] }, "narrower"), 2);
  held.resolve();
  await eventually(() => restarts(world) === 1, 20_000);
  const client = await openRaw(world.services.ports()[0] ?? 0);
  client.send("CONNECT api.example.test:443 HTTP/1.1\r\nHost: api.example.test:443\r\n\r\n");
  assert.match(await client.closed(), /^HTTP\/1\.1 403 [\s\S]*host-not-listed/);
});

test("a sidecar that stands still when the policy narrows is ended: the old policy is not in force", async (t) => {
  const world = await openSidecar(t);
  const child = presentChild(world.place);
  child.kill("SIGSTOP");
  assert.equal(await world.services.apply({ ...world.policy, version: 2, rules: [] }, "narrower"), 2);
  await eventually(() => child.signalCode === "SIGKILL");
  await eventually(() => restarts(world) === 1, 20_000);
});

test("row 150: when the control stream ends, the sidecar denies and ends", async (t) => {
  const place = openPlace(t);
  const world = await openSidecar(t, { place });
  const client = await world.inside();
  const child = presentChild(place);
  const ports = world.services.ports();
  child.stdin?.end();
  await client.closed();
  await eventually(() => child.exitCode !== null);
  assert.equal(child.exitCode, 0);
  await assert.rejects(openRaw(ports[0] ?? 0));
});

test("row 150: kill -9 of the host process ends its sidecar", async (t) => {
  const entry = join(import.meta.dirname, "../../support/sidecar/host-child.ts");
  const host = spawn(process.execPath, [...NODE_FLAGS, entry], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => host.kill("SIGKILL"));
  const line = await new Promise<string>((resolve) => createInterface({ input: host.stdout }).once("line", resolve));
  const { pid, port } = JSON.parse(line) as { pid: number; port: number };
  await openRaw(port).then((client) => client.end());
  host.kill("SIGKILL");
  await eventually(() => !existsSync(`/proc/${pid}`), 10_000);
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => reject(new Error("it still listens")));
    socket.once("error", () => resolve());
  });
});

test("TERM ends a sidecar in order: open requests are cut, the last lines are written", async (t) => {
  const world = await openSidecar(t);
  const client = await world.inside();
  get(client, "/a");
  await client.until("}");
  const child = presentChild(world.place);
  child.kill("SIGTERM");
  await eventually(() => child.exitCode !== null);
  assert.equal(child.exitCode, 0);
  assert.equal(world.audit().filter(({ type }) => type === "result").length, 1);
});

test("a sidecar without a chosen service says so and idles; one that is asked to start refuses", async (t) => {
  const place = openPlace(t, "");
  const process = await place.run();
  await eventually(() => place.words().includes("names no service: idle"));
  assert.equal(presentChild(place).exitCode, null);
  process.stdin.end();
  assert.equal((await process.ended).code, 0);
  await assert.rejects(openSidecar(t, { services: "" }), /no service is chosen/);
  await assert.rejects(openSidecar(t, { services: "git-gate" }), /no service git-gate yet/);
});
