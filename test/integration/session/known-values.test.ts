import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BottleError } from "../../../src/core/model/errors.ts";
import type { SecretRef } from "../../../src/core/model/plan.ts";
import { knownValues } from "../../../src/session/known-values.ts";
import { testPlan } from "../../support/test-bottle.ts";

test("what must not leave is read where it lies: marked variables, variables and files of the list", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "known-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "never");
  const fileRef: SecretRef = { credential: "~/never", source: { kind: "file", path } };
  const plan = testPlan("one", "/srv/app", {
    envFromHost: [
      { name: "SHOWN", variable: "A", expose: true },
      { name: "MARKED", variable: "B", expose: true, secret: true },
    ],
    envAsked: [{ name: "ASKED", question: "?", secret: true }],
    watched: [{ credential: "EXTRA", source: { kind: "env", variable: "EXTRA" } }, fileRef],
  });
  const inside = { SHOWN: "shown-value", MARKED: "marked-value", ASKED: "typed-answer" };
  const env = { EXTRA: "value-of-the-host" };
  const read = async () => (await knownValues(plan, inside, env)).map((one) => [one.name, one.reveal()]);
  writeFileSync(path, "first-of-the-file\r\n\n second-of-the-file \n");
  assert.deepEqual(await read(), [
    ["MARKED", "marked-value"],
    ["ASKED", "typed-answer"],
    ["EXTRA", "value-of-the-host"],
    ["~/never", "first-of-the-file"],
    ["~/never", "second-of-the-file"],
  ]);
  for (const [text, words] of [
    ["", /is empty/],
    [" \n\n", /is empty/],
    ["long-enough\nshort7x\n", /a value of ~\/never is shorter than 8 bytes/],
    ["a-long-line\n".repeat(257), /more than 256 lines/],
  ] as const) {
    writeFileSync(path, text);
    await assert.rejects(read(), (error) => {
      assert.ok(error instanceof BottleError && error.code === "SECRET_UNRESOLVED");
      assert.match(error.message, words);
      assert.doesNotMatch(error.message, /short7x|long-enough|marked-value/);
      return true;
    });
  }
  rmSync(path);
  await assert.rejects(read(), /never is missing/);
  writeFileSync(path, "first-of-the-file");
  await assert.rejects(knownValues(plan, inside, {}), /EXTRA is not set/);
  await assert.rejects(knownValues(plan, { ...inside, ASKED: "1234567" }, env), /a value of ASKED is shorter/);
  assert.deepEqual(await knownValues(testPlan("one", "/srv/app"), inside, env), []);
});
