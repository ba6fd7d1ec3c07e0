import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { holdName } from "../../../src/host/held-name.ts";

const MODULE = new URL("../../../src/host/held-name.ts", import.meta.url).href;

test("a name is one process's, and free again when that one lets go or is killed", async () => {
  const key = `test ${process.pid}`;
  const held = await holdName(key);
  assert.notEqual(held, null);
  assert.equal(await holdName(key), null);
  const other = await holdName(`${key} other`);
  assert.notEqual(other, null);
  await other?.[Symbol.asyncDispose]();
  await held?.[Symbol.asyncDispose]();
  const script = `const { holdName } = await import(${JSON.stringify(MODULE)});
    console.log((await holdName(${JSON.stringify(key)})) !== null); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: {},
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await once(child.stdout, "data");
  assert.equal(String(said), "true\n");
  assert.equal(await holdName(key), null);
  child.kill("SIGKILL");
  await once(child, "close");
  const after = await holdName(key);
  assert.notEqual(after, null);
  await after?.[Symbol.asyncDispose]();
});
