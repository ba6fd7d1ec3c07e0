import assert from "node:assert/strict";
import { test } from "node:test";
import { BottleError } from "../../../src/core/model/errors.ts";
import type { BottlePlan } from "../../../src/core/model/plan.ts";
import { Secret } from "../../../src/core/model/secret.ts";
import { refuseExposedPlan } from "../../../src/session/exposed-plan.ts";
import { testPlan } from "../../support/test-bottle.ts";

const VALUE = 'zq8-0f7c1d2e"3b4a5968/service';
const secrets = [new Secret("service", VALUE)];
const plain = testPlan("one", "/srv/app");
const command = (word: string) => ({ agent: { ...plain.agent, command: { argv: ["/bin/sh", "-c", word] } } });

function refusal(change: Partial<BottlePlan>, variables: Readonly<Record<string, string>> = {}): BottleError {
  try {
    refuseExposedPlan({ ...plain, ...change }, variables, secrets);
  } catch (error) {
    assert.ok(error instanceof BottleError && error.code === "SECRET_EXPOSED", String(error));
    assert.ok(
      !`${error.message}${error.hint}${JSON.stringify(error.facts)}`.includes(VALUE),
      "the error holds the value",
    );
    assert.match(error.message, /service/);
    return error;
  }
  assert.fail("the plan was accepted");
}

test("row 155: a plan without the value of a credential passes", () => {
  refuseExposedPlan({ ...plain, ...command("echo $SERVICE_KEY") }, { SERVICE_KEY: "placeholder-abc" }, secrets);
  refuseExposedPlan({ ...plain, ...command(VALUE) }, {}, []);
});

test("row 155: the value of a credential in a plan is refused wherever it stands, in every form, and the place named", () => {
  const base64 = Buffer.from(`user:${VALUE}`).toString("base64");
  for (const [change, where] of [
    [command(`echo ${VALUE}`), /prompt.*arguments/],
    [command(base64), /prompt.*arguments/],
    [command(encodeURIComponent(VALUE)), /prompt.*arguments/],
    [{ labels: { ticket: VALUE } }, /the label ticket/],
    [{ labels: { [VALUE]: "x" } }, /the key of a label/],
    [{ labels: { [VALUE]: VALUE } }, /the key of a label/],
    [
      { files: [{ path: "/home/agent/x", mode: 0o600, text: JSON.stringify({ key: VALUE }) }] },
      /file \/home\/agent\/x/,
    ],
    [{ env: { A: VALUE } }, /env A/],
    [{ workspace: { ...plain.workspace, host: `/srv/${VALUE}` } }, /path of the workspace/],
    [{ secrets: [{ credential: "service", source: { kind: "command", argv: ["/bin/echo", VALUE] } }] }, /secrets of/],
  ] as const) {
    assert.match(refusal(change).message, where, JSON.stringify(change));
  }
  assert.match(refusal({}, { ANSWER: base64 }).message, /env ANSWER/);
});

test("row 155: all places are named at once", () => {
  const { message } = refusal({ ...command(VALUE), labels: { t: VALUE } });
  assert.match(message, /arguments of the agent, the label t/);
});
