import assert from "node:assert/strict";
import { test } from "node:test";
import { readEngineFacts } from "../../../src/backends/docker/engine-facts.ts";
import { engineFindings } from "../../../src/backends/docker/probe.ts";
import { BottleError } from "../../../src/core/model/errors.ts";

const INFO = {
  ServerVersion: "20.10.24",
  OSType: "linux",
  OperatingSystem: "Debian GNU/Linux 12",
  SecurityOptions: ["name=seccomp,profile=default"],
  CgroupVersion: "1",
  CgroupDriver: "cgroupfs",
  MemoryLimit: true,
  PidsLimit: true,
  CpuCfsQuota: true,
  Runtimes: { runc: {}, runsc: {} },
};
const facts = (change: object = {}) => readEngineFacts(JSON.stringify({ ...INFO, ...change }));
const errors = (change: object) =>
  engineFindings(facts(change)).flatMap(({ id, level }) => (level === "ok" ? [] : [`${level} ${id}`]));

test("an engine that has what a bottle needs is fit", () => {
  assert.deepEqual(errors({}), []);
  assert.deepEqual(facts().runtimes, ["runc", "runsc"]);
  assert.equal(facts().cgroup, "v1, cgroupfs");
});

test("what an engine lacks is named, and what a bottle cannot do without is an error", () => {
  assert.deepEqual(errors({ OSType: "windows" }), ["error engine-windows"]);
  assert.deepEqual(errors({ SecurityOptions: ["name=seccomp,profile=default", "name=userns"] }), [
    "error engine-remapped",
  ]);
  assert.deepEqual(errors({ SecurityOptions: [] }), ["error engine-no-seccomp"]);
  assert.deepEqual(errors({ MemoryLimit: false }), ["warning engine-no-limits"]);
  assert.equal(facts({ SecurityOptions: ["name=rootless"] }).rootless, true);
});

test("a client that reached no engine, and words that are no JSON, are errors with the mend", () => {
  const unfit = (text: string, finding: string | undefined) =>
    assert.throws(
      () => readEngineFacts(text),
      (error) => error instanceof BottleError && error.code === "HOST_UNFIT" && error.facts?.finding === finding,
    );
  unfit(JSON.stringify({ ServerErrors: ["Cannot connect to the Docker daemon"] }), "engine-down");
  unfit("Client: Docker", undefined);
});
