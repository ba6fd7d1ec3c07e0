import assert from "node:assert/strict";
import { MCP_MESSAGE_BYTES, readMcpMessage } from "../../../src/core/wire/mcp-message.ts";
import { type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const WORDS = [
  ...'{ } [ ] , : "jsonrpc" "2.0" "id" 1 -1 1.5 "a" null true "method" "tools/call" "params" "result" "__proto__"'.split(
    " ",
  ),
  '"jsonrpc":"2.0",',
  '"method":"tools/list"',
  '"params":{',
  '"id":1,',
  " ",
];
const request = fc.record(
  {
    jsonrpc: fc.constant("2.0"),
    id: fc.oneof(fc.integer(), fc.string({ maxLength: 140 }), fc.constant(null)),
    method: fc.string({ maxLength: 140 }),
    params: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 }), fc.array(fc.jsonValue())),
  },
  { requiredKeys: ["jsonrpc"] },
);

export const target: FuzzTarget = {
  name: "mcp-message",
  promise:
    "rows 129, 137: a message to supervise is one request of JSON-RPC as JSON.parse reads it too, short and flat, or it is refused",
  parsers: ["src/core/wire/mcp-message.ts"],
  input: fc.oneof(
    wordsOf(WORDS, 24),
    request.map((value) => Buffer.from(JSON.stringify(value))),
    fc.json().map((text) => Buffer.from(text)),
  ),
  runs: 10_000,
  check: (input) => {
    const reading = readMcpMessage(input);
    if (!reading.ok) {
      assert.ok(reading.why.length < 100, "a refusal repeats nothing of what came");
      return false;
    }
    const { message } = reading;
    assert.ok(input.length <= MCP_MESSAGE_BYTES);
    assert.deepEqual(JSON.stringify(message), JSON.stringify(JSON.parse(input.toString("utf8"))));
    assert.equal(message.jsonrpc, "2.0");
    assert.ok(message.method.length <= 128);
    assert.ok(["undefined", "string", "number"].includes(typeof message.id));
    assert.ok(message.params === undefined || (typeof message.params === "object" && !Array.isArray(message.params)));
    assert.ok(!JSON.stringify(message).includes('"__proto__":'));
    return true;
  },
};
