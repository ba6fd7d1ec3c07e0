import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type MachineLoad, reasonToWait } from "../../../src/core/plan/load.ts";
import { machineLoad } from "../../../src/host/machine-load.ts";

const GIB = 2 ** 30;
const quiet: MachineLoad = {
  availableBytes: 12 * GIB,
  totalBytes: 16 * GIB,
  stalled: { memory: 0, cpu: 5 },
  loadAverage: 0.5,
  cpus: 4,
};
const queue = { running: 2, parallel: 4, startBytes: 13 * GIB };

test("a quiet machine takes the next bottle, up to --parallel", () => {
  assert.equal(reasonToWait(quiet, queue), null);
  assert.equal(reasonToWait(quiet, { ...queue, running: 4 }), "4 of 4 run");
});

test("memory holds back by what is free, by what the running ones took, and by what the kernel calls a stall", () => {
  // 5 % of 16 GiB are kept free, and half a GiB for a bottle that nobody has seen yet.
  assert.match(
    reasonToWait({ ...quiet, availableBytes: GIB }, { ...queue, running: 0 }) ?? "",
    /1024 MiB free, 1331 MiB wanted/,
  );
  assert.equal(reasonToWait({ ...quiet, availableBytes: 1.4 * GIB }, { ...queue, running: 0 }), null);
  // Two took 5 GiB each: another one does not fit into 4.
  assert.match(
    reasonToWait({ ...quiet, availableBytes: 4 * GIB }, { ...queue, startBytes: 14 * GIB }) ?? "",
    /4096 MiB free, 5939 MiB wanted/,
  );
  assert.match(reasonToWait({ ...quiet, stalled: { memory: 10.5, cpu: 0 } }, queue) ?? "", /waited for it in 10.5%/);
});

test("a busy cpu holds back by the kernel's word, else by load, and never the only bottle of a queue", () => {
  const busy = { ...quiet, stalled: { memory: 0, cpu: 75 } };
  assert.match(reasonToWait(busy, queue) ?? "", /cpu: processes waited for it in 75%/);
  assert.equal(reasonToWait(busy, { ...queue, running: 0 }), null);
  const loaded = { ...quiet, stalled: null, loadAverage: 9 };
  assert.match(reasonToWait(loaded, queue) ?? "", /cpu: load 9 on 4 cpus/);
  assert.equal(reasonToWait({ ...loaded, stalled: { memory: 0, cpu: 0 } }, queue), null, "the kernel knows better");
  assert.equal(reasonToWait(loaded, { ...queue, running: 0 }), null);
});

test("the machine is measured from proc(5), with and without pressure", (context) => {
  const proc = mkdtempSync(join(tmpdir(), "proc-"));
  context.after(() => rmSync(proc, { recursive: true }));
  writeFileSync(join(proc, "meminfo"), "MemTotal:       16000 kB\nMemFree: 1 kB\nMemAvailable:    8000 kB\n");
  writeFileSync(join(proc, "loadavg"), "1.25 2.00 3.00 1/2 3\n");
  const without = machineLoad(proc);
  assert.deepEqual(
    [without.availableBytes, without.totalBytes, without.stalled, without.loadAverage],
    [8_192_000, 16_384_000, null, 1.25],
  );
  mkdirSync(join(proc, "pressure"));
  const line = (some: string) =>
    `some avg10=${some} avg60=0.00 avg300=0.00 total=1\nfull avg10=9.00 avg60=0.00 avg300=0.00 total=1\n`;
  writeFileSync(join(proc, "pressure/memory"), line("0.12"));
  writeFileSync(join(proc, "pressure/cpu"), line("34.50"));
  assert.deepEqual(machineLoad(proc).stalled, { memory: 0.12, cpu: 34.5 });
  const here = machineLoad();
  assert.ok(here.availableBytes > 0 && here.totalBytes >= here.availableBytes);
  const nothing = machineLoad(join(proc, "none"));
  assert.equal(
    reasonToWait(nothing, { ...queue, startBytes: nothing.availableBytes }),
    null,
    "what cannot be read holds nothing back",
  );
});
