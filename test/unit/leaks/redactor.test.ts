import assert from "node:assert/strict";
import { test } from "node:test";
import { compileNeedles } from "../../../src/core/leaks/needles.ts";
import { createRedactor } from "../../../src/core/leaks/redactor.ts";

const VALUE = "hunter2-hunter2-K7";
const reading = compileNeedles([{ name: "key", value: VALUE }]);
assert.ok(reading.ok);
const { set } = reading;

test("row 100: what texts were clean before changes nothing for one that is not, however often it comes", () => {
  const redactor = createRedactor(set);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 200; i++) assert.equal(redactor.redact(`/path/${i}`), `/path/${i}`);
    assert.equal(redactor.redact(`/path/${VALUE}`), "/path/[key]");
    assert.equal(redactor.redact(`${"x".repeat(300)} ${VALUE}`), `${"x".repeat(300)} [key]`);
  }
});

test("row 100: a text that one redactor found clean is another's to judge", () => {
  assert.equal(createRedactor(null).redact(`/path/${VALUE}`), `/path/${VALUE}`);
  assert.equal(createRedactor(set).redact(`/path/${VALUE}`), "/path/[key]");
});
