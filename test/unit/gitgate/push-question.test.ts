import assert from "node:assert/strict";
import { test } from "node:test";
import type { GateRepository } from "../../../src/core/model/git-gate.ts";
import { secretQuestion } from "../../../src/gitgate/push-question.ts";

const repository = {
  name: "app",
  url: "https://git.example/app.git",
  access: { kind: "none" },
} as unknown as GateRepository;
const updates = [{ ref: "refs/heads/bot/x", from: "0".repeat(40), to: "1".repeat(40) }];
const places = (count: number) => Array.from({ length: count }, (_, index) => `commit 1: file-${index}:1`);

test("a question about a push says how many places there are beyond those that it lists", () => {
  assert.deepEqual(secretQuestion("x", repository, updates, places(20)).findings, places(20));
  assert.deepEqual(secretQuestion("x", repository, updates, places(23)).findings, [...places(20), "and 3 more"]);
});
