import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeBody } from "../../../src/core/policy/bodies.ts";
import fc from "../../support/properties.ts";

function judge(text: string): string | null {
  const body = {
    method: "POST",
    path: "/v1/messages",
    contentType: "application/json",
    contentEncoding: null,
    bytes: Buffer.from(text),
  };
  return judgeBody({ shape: "anthropic-messages", allowProviderTools: [] }, body)?.detail ?? null;
}

/** Blocks around blocks, as deep as the API allows and deeper. */
const wraps: readonly ((inner: unknown) => unknown)[] = [
  (inner) => ({ type: "tool_result", tool_use_id: "1", content: [{ type: "text", text: "x" }, inner] }),
  (inner) => ({ type: "document", source: { type: "content", content: [inner] } }),
  (inner) => ({ type: "search_result", source: "s", title: "t", content: [inner] }),
  (inner) => ({ type: "compaction", content: [inner] }),
  (inner) => ({ type: "tool_search_tool_result", tool_use_id: "1", content: inner }),
  (inner) => ({ type: "tool_search_tool_search_result", tool_references: [inner] }),
];
const bad = fc.constantFrom(
  { type: "image", source: { type: "url", url: "https://evil.test" } },
  { type: "document", source: { type: "file", file_id: "f" } },
  { type: "container_upload", file_id: "f" },
  { type: "mcp_tool_use", server_name: "x" },
  { type: "server_tool_use", name: "web_fetch", input: {} },
);

test("row 137: a block that fetches is denied however deep it lies", () => {
  fc.assert(
    fc.property(bad, fc.array(fc.nat(wraps.length - 1), { maxLength: 12 }), fc.boolean(), (block, layers, system) => {
      const nested = layers.reduce<unknown>((inner, layer) => wraps[layer]?.(inner), block);
      const messages = [{ role: "user", content: system ? "x" : [nested] }];
      assert.notEqual(judge(JSON.stringify({ messages, ...(system ? { system: [nested] } : {}) })), null);
    }),
    { numRuns: 2000 },
  );
});

test("row 137: a source to fetch is denied under every field of every block and tool", () => {
  const types = ["text", "image", "document", "search_result", "thinking", "redacted_thinking", "tool_use"];
  const more = [
    "tool_result",
    "tool_reference",
    "server_tool_use",
    "tool_search_tool_result",
    "compaction",
    "fallback",
  ];
  const fields = ["content", "source", "citations", "text", "title", "from", "caller", "cache_control", "data", "x"];
  const source = fc.constantFrom<unknown>(
    { type: "image", source: { type: "url", url: "https://evil.test" } },
    { type: "url", url: "https://evil.test" },
    { source: { type: "file", file_id: "f" } },
  );
  const type = fc.constantFrom(...types, ...more, "bash_20250124", "computer_20250124", "custom");
  const holder = fc.constantFrom<(inner: unknown) => unknown>(
    (inner) => inner,
    (inner) => [inner],
    (inner) => ({ type: "x", y: [inner] }),
  );
  fc.assert(
    fc.property(type, fc.constantFrom(...fields), holder, source, (kind, field, hold, fetched) => {
      const it = { type: kind, [field]: hold(fetched) };
      assert.notEqual(judge(JSON.stringify({ messages: [{ role: "user", content: [it] }] })), null);
      assert.notEqual(judge(JSON.stringify({ messages: [], tools: [it] })), null);
    }),
    { numRuns: 3000 },
  );
});

test("row 137: no shape of JSON makes the judge throw, and unknown fields never pass", () => {
  const known = [
    "messages",
    "system",
    "model",
    "stream",
    "metadata",
    "temperature",
    "tools",
    "tool_choice",
    "thinking",
  ];
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.oneof(
          fc.constantFrom("messages", "tools", "system", "mcp_servers", "container"),
          fc.string({ maxLength: 8 }),
        ),
        fc.jsonValue(),
        { maxKeys: 4 },
      ),
      (body) => {
        const detail = judge(JSON.stringify(body));
        const unknown = Object.entries(body).some(([key, value]) => value !== null && !known.includes(key));
        if (unknown) assert.notEqual(detail, null);
        assert.notEqual(detail, "the body could not be judged");
      },
    ),
    { numRuns: 5000 },
  );
});
