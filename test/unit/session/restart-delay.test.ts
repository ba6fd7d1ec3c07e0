import assert from "node:assert/strict";
import { test } from "node:test";
import { restartDelay } from "../../../src/session/remote-services/restart-delay.ts";

test("a service that dies again and again is started after a pause that doubles, up to half a minute", () => {
  assert.deepEqual([1, 2, 3, 4].map(restartDelay), [100, 200, 400, 800]);
  assert.equal(restartDelay(100), 30_000);
});
