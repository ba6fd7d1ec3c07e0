import assert from "node:assert/strict";
import test from "node:test";
import { costOf } from "../../../src/core/usage/prices.ts";

const tokens = (input: number, output: number, cacheRead = 0, cacheWrite = 0, cacheWriteLong = 0) => ({
  input,
  output,
  cacheRead,
  cacheWrite,
  cacheWriteLong,
});

test("what an answer costs follows the listed price, each kind of token its own", () => {
  // Sonnet 4.5: 3, 15, 0.3, 3.75 and 6 dollars for a million.
  const cost = costOf("claude-sonnet-4-5-20250929", tokens(1_000_000, 100_000, 200_000, 30_000, 10_000));
  assert.equal(cost, 3_000_000 + 1_500_000 + 60_000 + 20_000 * 3.75 + 10_000 * 6);
  assert.equal(costOf("gpt-5.1-codex", tokens(1000, 1000, 1000)), 1250 + 10_000 + 125);
});

test("a longer prompt is priced by its band, or not at all where nobody told us its price", () => {
  assert.equal(costOf("claude-haiku-5-5", tokens(100_000, 0)), 10_000);
  assert.equal(costOf("claude-haiku-5-5", tokens(100_001, 0)), 50_001);
  assert.equal(costOf("gpt-6-sol", tokens(272_000, 0)), 544_000);
  assert.equal(costOf("gpt-6-sol", tokens(200_000, 0, 72_001)), null);
});

test("a model that is not listed has no price, however alike its name is", () => {
  for (const model of [
    "claude-opus-9",
    "claude-sonnet-5-9",
    "claude-opus-4-8-fast",
    "gpt-5-pro",
    "gpt-5.1-codex-max",
    "x",
    "",
    null,
  ]) {
    assert.equal(costOf(model, tokens(1, 1)), null, String(model));
  }
  for (const model of [
    "anthropic/claude-opus-4-5",
    "us.anthropic.claude-opus-4-5-20251101-v1:0",
    "claude-opus-4-5@20251101",
    "models/gemini-2.5-flash",
  ]) {
    assert.notEqual(costOf(model, tokens(1, 1)), null, model);
  }
});

test("the operator's own prices come first, the longest name of them", () => {
  const own = { local: { input: 0, output: 0 }, "local-big": { input: 1, output: 2, cacheRead: 0.5 } };
  assert.equal(costOf("local-small", tokens(5, 5), own), 0);
  assert.equal(costOf("local-big-1", tokens(10, 10, 10, 10, 10), own), 10 + 20 + 5 + 10);
  assert.equal(costOf("claude-opus-4-5", tokens(1, 0), { claude: { input: 7, output: 7 } }), 7);
});
