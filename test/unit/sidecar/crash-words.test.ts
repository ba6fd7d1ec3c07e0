import assert from "node:assert/strict";
import { test } from "node:test";
import { crashWords } from "../../../src/sidecar/crash-words.ts";

test("a crash of a sidecar says where it was, and nothing of the message", () => {
  const error = new TypeError("Bearer s3cret\n    at forged (s3cret:1:1)");
  assert.match(crashWords(error), /^TypeError at crash-words\.test\.ts:6( < \S+:\d+){0,2}$/);
  assert.equal(crashWords(Object.assign(new Error("s3cret"), { stack: undefined })), "Error");
});
