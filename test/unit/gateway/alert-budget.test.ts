import assert from "node:assert/strict";
import test from "node:test";
import { createAlertBudget } from "../../../src/gateway/alert-budget.ts";

test("row 130: a flood of one alert is told in part, says so, and buries no other; later it is told again", () => {
  const told: string[] = [];
  let time = 0;
  const alert = createAlertBudget(
    ({ reason, detail }) => told.push(`${reason}: ${detail}`),
    () => time,
  );
  for (let i = 0; i < 1000; i++) alert({ id: null, reason: "secret-in-request", detail: `${i}` });
  assert.equal(told.length, 21);
  assert.deepEqual(told.slice(19), [
    "secret-in-request: 19",
    "secret-in-request: more of these follow at once; the audit log has them all",
  ]);
  alert({ id: null, reason: "canary-in-request", detail: "first" });
  assert.equal(told.at(-1), "canary-in-request: first");
  time = 10_000;
  alert({ id: null, reason: "secret-in-request", detail: "later" });
  assert.equal(told.at(-1), "secret-in-request: later");
});
