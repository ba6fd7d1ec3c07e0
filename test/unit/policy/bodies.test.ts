import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeBody, type RequestBody } from "../../../src/core/policy/bodies.ts";

function judge(json: unknown, allowed: readonly string[] = [], over: Partial<RequestBody> = {}): string | null {
  const bytes = typeof json === "string" ? Buffer.from(json) : Buffer.from(JSON.stringify(json));
  const body = {
    method: "POST",
    path: "/v1/messages",
    contentType: "application/json",
    contentEncoding: null,
    bytes,
    ...over,
  };
  return judgeBody({ shape: "anthropic-messages", allowProviderTools: allowed }, body)?.detail ?? null;
}

/** A whole request with one thing in it, as Claude Code sends them. */
const message = (...content: unknown[]) => ({ ...plain, messages: [{ role: "user", content }] });
const tool = (it: unknown) => ({
  ...plain,
  tools: [
    { name: "Read", description: "x", input_schema: { type: "object", properties: { url: { type: "string" } } } },
    it,
  ],
});
const plain = {
  model: "m",
  max_tokens: 1,
  stream: true,
  messages: [{ role: "user", content: "hi" }],
  system: [{ type: "text", text: "s", cache_control: { type: "ephemeral" } }],
  metadata: { user_id: "u" },
  thinking: { type: "adaptive" },
  context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
  output_config: { effort: "high" },
};

test("an agent's whole ordinary turn passes", () => {
  const turn = {
    ...tool({ type: "bash_20250124", name: "bash" }),
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "read https://x.test" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
        ],
      },
      { role: "system", content: "more" },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "t", signature: "s" },
          {
            type: "tool_use",
            id: "1",
            name: "Fetch",
            input: { url: "https://x.test", source: { type: "url" }, mcp_servers: [] },
          },
        ],
      },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "1",
            is_error: false,
            content: [
              { type: "text", text: "t" },
              { type: "tool_reference", tool_name: "x" },
              { type: "image", source: { type: "base64", media_type: "image/png", data: "" } },
            ],
            cache_control: { type: "ephemeral" },
          },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "2" },
          { type: "document", title: "d", source: { type: "text", media_type: "text/plain", data: "x" } },
          { type: "document", source: { type: "content", content: [{ type: "text", text: "x" }] } },
        ],
      },
    ],
    mcp_servers: null,
  };
  assert.equal(judge(turn), null);
  assert.equal(judge(turn, [], { path: "/v1/messages/count_tokens" }), null);
  assert.equal(judge({ requests: [{ custom_id: "1", params: turn }] }, [], { path: "/v1/messages/batches" }), null);
});

const denied: readonly (readonly [at: string, feature: string | null, body: unknown])[] = [
  ["mcp_servers", "mcp", { ...plain, mcp_servers: [{ type: "url", url: "https://evil.test", name: "x" }] }],
  ["mcp_servers", "mcp", { ...plain, mcp_servers: [] }],
  ["container", "code_execution", { ...plain, container: "c" }],
  ["tools[1].type", "web_search", tool({ type: "web_search_20250305", name: "web_search" })],
  ["tools[1].type", "web_fetch", tool({ type: "web_fetch_20260209", name: "web_fetch" })],
  ["tools[1].type", "code_execution", tool({ type: "code_execution_20250825", name: "code_execution" })],
  ["tools[1].type", "mcp", tool({ type: "mcp_toolset", mcp_server_name: "x" })],
  ["tools[1].type", "advisor", tool({ type: "advisor_20260301", name: "advisor", model: "m" })],
  ["tools[1].type", "some_future_tool", tool({ type: "some_future_tool_20990101" })],
  ["tools[1].type", "bash_20250124x", tool({ type: "bash_20250124x" })],
  ["tools[1].type", null, tool({ type: ["web_search_20250305"] })],
  ["tools[1].url", null, tool({ name: "x", input_schema: {}, url: "https://evil.test" })],
  ["tools[1]", null, tool("web_search")],
  ["tools", null, { ...plain, tools: { type: "web_search_20250305" } }],
  [
    "messages[0].content[0].source.type",
    "url_sources",
    message({ type: "image", source: { type: "url", url: "https://evil.test/?leak" } }),
  ],
  [
    "messages[0].content[0].source.type",
    "url_sources",
    message({ type: "document", source: { type: "url", url: "https://evil.test" } }),
  ],
  [
    "messages[0].content[0].source.type",
    "files",
    message({ type: "document", source: { type: "file", file_id: "f" } }),
  ],
  [
    "messages[0].content[0].content[0].source.type",
    "url_sources",
    message({
      type: "tool_result",
      tool_use_id: "1",
      content: [{ type: "image", source: { type: "url", url: "https://evil.test" } }],
    }),
  ],
  [
    "messages[0].content[0].source.content[0].source.type",
    "url_sources",
    message({
      type: "document",
      source: { type: "content", content: [{ type: "image", source: { type: "url", url: "x" } }] },
    }),
  ],
  [
    "messages[0].content[0].source.url",
    null,
    message({ type: "image", source: { type: "base64", media_type: "image/png", data: "", url: "x" } }),
  ],
  ["messages[0].content[0].source.type", null, message({ type: "image", source: { type: "uri" } })],
  ["messages[0].content[0].source", null, message({ type: "image" })],
  ["messages[0].content[0].source", null, message({ type: "image", source: "https://evil.test" })],
  ["messages[0].content[0].source", null, message({ type: "text", text: "x", source: { type: "url", url: "x" } })],
  ["messages[0].content[0].url", null, message({ type: "text", text: "x", url: "https://evil.test" })],
  ["messages[0].content[0].image_url", null, message({ type: "image_url", image_url: { url: "x" } })],
  ["messages[0].content[0].type", "code_execution", message({ type: "container_upload", file_id: "f" })],
  [
    "messages[0].content[0].type",
    "web_fetch",
    message({ type: "web_fetch_tool_result", tool_use_id: "1", content: {} }),
  ],
  [
    "messages[0].content[0].name",
    "web_fetch",
    message({ type: "server_tool_use", id: "1", name: "web_fetch", input: { url: "x" } }),
  ],
  [
    "messages[0].content[0].name",
    "code_execution",
    message({ type: "server_tool_use", id: "1", name: "bash_code_execution", input: {} }),
  ],
  ["messages[0].content[0].type", "mcp", message({ type: "mcp_tool_use", id: "1", server_name: "x", input: {} })],
  ["messages[0].content[0].type", null, message({ type: "constructor" })],
  ["messages[0].content[0]", null, message("text")],
  ["messages[0].content", null, { ...plain, messages: [{ role: "user", content: { type: "text" } }] }],
  ["messages[0].tools", null, { ...plain, messages: [{ role: "user", content: "x", tools: [] }] }],
  ["messages", null, { ...plain, messages: "x" }],
  ["system[0].type", null, { ...plain, system: [{ type: "web" }] }],
  ["fallbacks", null, { ...plain, fallbacks: [{ tools: [] }] }],
  ["__proto__", null, `{"__proto__":{},"messages":[]}`],
  ["constructor", null, `{"constructor":{},"messages":[]}`],
  ["$", null, []],
  ["$", null, "null"],
];
for (const [at, feature, body] of denied) {
  test(`row 137: ${at}${feature === null ? "" : `: ${feature}`} is denied by its path`, () => {
    const detail = judge(body);
    assert.ok(detail !== null, "passed");
    assert.ok(detail.startsWith(`${at}: `), detail);
    if (feature === null) return;
    assert.match(detail, new RegExp(`feature ${feature} is not listed`));
    assert.equal(judge(body, [feature]), null, "and passes once the operator listed it");
    assert.equal(judge(body, ["something_else"]), detail);
  });
}

test("row 137: JSON that two parsers read differently is denied", () => {
  assert.match(judge('{"messages":[],"tools":[],"tools":[{"type":"web_fetch_20250910"}]}') ?? "", /twice/);
  assert.match(judge('{"messages":[]}{"mcp_servers":[]}') ?? "", /after the value/);
  assert.match(judge('{"messages":[],"model":"\\ud800"}') ?? "", /surrogate/);
});

test("row 107, 137: what cannot be read is denied", () => {
  assert.notEqual(judge(plain, [], { contentEncoding: "gzip" }), null);
  assert.notEqual(judge(plain, [], { contentType: "text/plain" }), null);
  assert.notEqual(judge(plain, [], { contentType: null }), null);
  assert.notEqual(judge(plain, [], { contentType: "application/json; charset=utf-16" }), null);
  assert.notEqual(judge(plain, [], { contentType: "application/json, text/plain" }), null);
  assert.equal(judge(plain, [], { contentType: "Application/JSON; charset=UTF-8" }), null);
  assert.notEqual(judge(plain, [], { method: "PUT" }), null);
  assert.notEqual(judge(plain, [], { path: "/v1/files" }), null);
  assert.notEqual(judge(plain, [], { bytes: new Uint8Array(0) }), null);
  assert.equal(judge(plain, [], { method: "GET", bytes: new Uint8Array(0), contentType: null }), null);
});

test("row 137: batches are judged one by one", () => {
  const path = "/v1/messages/batches";
  const bad = {
    requests: [
      { custom_id: "1", params: plain },
      { custom_id: "2", params: tool({ type: "web_fetch_20250910" }) },
    ],
  };
  assert.match(judge(bad, [], { path }) ?? "", /^requests\[1\]\.params\.tools\[1\]\.type: /);
  assert.notEqual(judge({ requests: [], mcp_servers: [] }, [], { path }), null);
  assert.notEqual(judge({ requests: [{ custom_id: "1", params: plain, url: "x" }] }, [], { path }), null);
  assert.notEqual(judge(plain, [], { path }), null);
});

test("row 129: a refusal stays short, whatever the key", () => {
  assert.ok((judge({ ["k".repeat(100_000)]: 1 }) ?? "").length <= 300);
});
