import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  readStoredFolders,
  storedFolder,
  writeStoredFolders,
} from "../../../src/backends/docker/elsewhere/stored-folders.ts";

const STORED = {
  engine: { docker: "/usr/bin/docker", env: { DOCKER_HOST: "tcp://192.0.2.1:1" } },
  volumes: { home: "h", workspace: "w" },
};

async function withBottle(check: (bottle: string) => void | Promise<void>): Promise<void> {
  const bottle = mkdtempSync(join(tmpdir(), "stored-"));
  try {
    await check(bottle);
  } finally {
    rmSync(bottle, { recursive: true });
  }
}

test("a folder of a bottle stands for its volume, one for a job for none, and one without a word lies here", () =>
  withBottle(async (bottle) => {
    assert.equal(storedFolder(join(bottle, "home")), null);
    await writeStoredFolders(bottle, STORED);
    assert.deepEqual(readStoredFolders(bottle), STORED);
    assert.deepEqual(storedFolder(join(bottle, "home")), { stored: STORED, volume: "h" });
    for (const path of ["base", "base/0.git", "scratch/1-2-3"]) {
      assert.deepEqual(storedFolder(join(bottle, path)), { stored: STORED, volume: null }, path);
    }
    assert.equal(storedFolder(join(bottle, "elsewhere/home")), null);
  }));

test("row 143: what an agent writes into its folders names no volume", () =>
  withBottle(async (bottle) => {
    await writeStoredFolders(bottle, STORED);
    for (const folder of ["home", "workspace"]) {
      mkdirSync(join(bottle, folder, "base"), { recursive: true });
      const lie = JSON.stringify({ schema: 1, engine: { docker: "/tmp/evil", env: {} }, volumes: { home: "other" } });
      writeFileSync(join(bottle, folder, "volumes.json"), lie);
      assert.equal(storedFolder(join(bottle, folder))?.volume, folder[0]);
      assert.equal(storedFolder(join(bottle, folder))?.stored.engine.docker, "/usr/bin/docker");
    }
  }));

test("a file of another form is an error that names it, not a bottle without volumes", () =>
  withBottle((bottle) => {
    for (const text of [
      "",
      "{}",
      "null",
      '{"schema":2}',
      '{"schema":1,"engine":{"docker":"d","env":{"a":1}},"volumes":{}}',
      '{"schema":1,"engine":{"docker":"d","env":{}},"volumes":{"home":1}}',
    ]) {
      writeFileSync(join(bottle, "volumes.json"), text);
      assert.throws(() => readStoredFolders(bottle), { code: "STATE_UNUSABLE" }, text);
    }
  }));
