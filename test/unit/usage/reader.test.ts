import assert from "node:assert/strict";
import test from "node:test";
import { isModelSocket, modelEndpoint } from "../../../src/core/usage/endpoint.ts";
import { createUsageReader } from "../../../src/core/usage/reader.ts";
import fc from "../../support/properties.ts";
import { USAGE_ANSWERS } from "../../support/usage-answers.ts";

function read(answer: (typeof USAGE_ANSWERS)[number], pieces: readonly Uint8Array[]) {
  const reader = createUsageReader(answer.format, answer.type);
  for (const piece of pieces) reader.push(piece);
  return reader.end(true);
}

for (const answer of USAGE_ANSWERS) {
  const bytes = Buffer.from(answer.body);
  test(`${answer.title}: its tokens are read, wherever it is cut`, () => {
    assert.equal(modelEndpoint("POST", answer.path), answer.format);
    assert.deepEqual(read(answer, [bytes]), answer.usage);
    for (let at = 0; at <= bytes.length; at++) {
      assert.deepEqual(read(answer, [bytes.subarray(0, at), bytes.subarray(at)]), answer.usage, `cut at ${at}`);
    }
    assert.deepEqual(
      read(
        answer,
        Array.from(bytes, (byte) => Uint8Array.of(byte)),
      ),
      answer.usage,
    );
  });

  test(`${answer.title}: an end that comes too soon is never more than the whole`, () => {
    const whole = answer.usage.tokens;
    for (let at = 0; at < bytes.length; at++) {
      const reader = createUsageReader(answer.format, answer.type);
      reader.push(bytes.subarray(0, at));
      const { tokens, complete } = reader.end(false);
      assert.equal(complete, false);
      if (tokens === null) continue;
      assert.ok(whole !== null && tokens.output <= whole.output, `cut at ${at}`);
    }
  });
}

test("an answer in another form is not known, and says so", () => {
  for (const type of ["application/vnd.amazon.eventstream", "text/html", "", null]) {
    const reader = createUsageReader("anthropic", type);
    reader.push(Buffer.from('{"usage":{"input_tokens":1,"output_tokens":2}}'));
    assert.deepEqual(reader.end(true), { model: null, tokens: null, complete: false });
  }
});

test("a count that cannot be is not believed", () => {
  for (const count of [-1, 1.5, 1e12, "5", null, true, {}]) {
    const reader = createUsageReader("anthropic", "application/json");
    reader.push(Buffer.from(JSON.stringify({ model: "a b", usage: { input_tokens: count, output_tokens: count } })));
    assert.deepEqual(reader.end(true), { model: null, tokens: null, complete: false });
  }
});

test("nothing that comes makes a reader throw, or believe what it may not say", () => {
  const word = fc.constantFrom(
    ...[
      '{"usage":',
      '"usageMetadata":',
      '"input_tokens":',
      "1",
      "-",
      "1e9",
      "{",
      "}",
      "[",
      "]",
      ",",
      '"',
      "\\",
      "\\u00",
      "data: ",
      "\n",
      "\r",
      ":",
      "\n\n",
    ],
  );
  const format = fc.constantFrom("anthropic", "openai-chat", "openai-responses", "gemini", "other" as const);
  const bytes = fc.array(fc.oneof(word, fc.string({ unit: "binary", maxLength: 4 })), { maxLength: 40 });
  fc.assert(
    fc.property(format, fc.constantFrom("application/json", "text/event-stream"), bytes, (one, type, pieces) => {
      const reader = createUsageReader(one, type);
      for (const piece of pieces) reader.push(Buffer.from(piece));
      const { tokens } = reader.end(true);
      if (tokens !== null) assert.ok(Object.values(tokens).every((count) => count >= 0 && count <= 2e9));
    }),
    { numRuns: 3000 },
  );
});

test("requests that a model answers are told by their path, as a lax server reads it", () => {
  const models = [
    "/v1/messages",
    "/v1/messages/",
    "/anthropic/v1/messages",
    "//v1//messages",
    "/v1/%6dessages",
    "/V1/Messages",
    "/backend-api/codex/responses",
    "/openai/deployments/x/chat/completions",
    "/v1/messages/batches",
    "/model/anthropic.claude-x/invoke-with-response-stream",
  ];
  for (const path of models) assert.notEqual(modelEndpoint("POST", path), null, path);
  const others = [
    "/v1/messages/count_tokens",
    "/v1beta/models/x:countTokens",
    "/v1/models",
    "/",
    "/v1/messages/x",
    "/v1/responses/r_1",
  ];
  for (const path of others) assert.equal(modelEndpoint("POST", path), null, path);
  assert.equal(modelEndpoint("GET", "/v1/messages"), null);
});

test("a budget is not dodged by another spelling of a model's path", () => {
  const spellings = [
    "/v1/./messages",
    "/v1/x/../messages",
    "/v1/x/%2e%2e/messages",
    "/v1%2fmessages",
    "/v1\\messages",
    "/v1/messages;v=1",
    "/v1;a/messages",
    "/v1/%256dessages",
    "/v1/messages/.",
    "/v1/messages%2f%2F",
  ];
  for (const path of spellings) assert.equal(modelEndpoint("POST", path), "anthropic", path);
  assert.equal(modelEndpoint("POST", "/model/arn%3Aaws%3Abedrock%3Aus%3A1%3Ainference-profile%2Fx/invoke"), "other");
  const sockets = [
    "/v1/realtime",
    "/v1/realtim%65",
    "/v1//realtime/",
    "/v1/x/../Realtime",
    "/ws/x:BidiGenerateConten%74",
  ];
  for (const path of sockets) assert.equal(isModelSocket(path), true, path);
  assert.equal(isModelSocket("/chat"), false);
  assert.equal(modelEndpoint("POST", "/v1/messages/../other"), null);
});

test("an endpoint is told for whatever path, in little time", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (path) => void modelEndpoint("POST", `/${path}`)));
  const began = performance.now();
  modelEndpoint("POST", "/%25".repeat(20_000));
  modelEndpoint("POST", `${"/a".repeat(20_000)}${"/..".repeat(20_000)}`);
  assert.ok(performance.now() - began < 1000);
});
