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

const IMAGE_BY_URL = { type: "image", source: { type: "url", url: "https://evil.test/?leak" } };

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
  ["messages[0].content[0].Source", null, message({ type: "text", text: "x", Source: { type: "url", url: "x" } })],
  ["messages[0].content[0].url", null, message({ type: "text", text: "x", url: "https://evil.test" })],
  ["messages[0].content[0].type", null, message({ type: "image_url", image_url: { url: "x" } })],
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
  ...["text", "fallback", "tool_reference"].map(
    (type) => ["messages[0].content[0].content", null, message({ type, content: [IMAGE_BY_URL] })] as const,
  ),
  [
    "messages[0].content[0].content[0].source.type",
    "url_sources",
    message({ type: "compaction", content: [IMAGE_BY_URL] }),
  ],
  [
    "messages[0].content[0].content.source.type",
    "url_sources",
    message({ type: "tool_search_tool_result", tool_use_id: "1", content: IMAGE_BY_URL }),
  ],
  [
    "messages[0].content[0].content.tool_references[0].source.type",
    "url_sources",
    message({
      type: "tool_search_tool_result",
      content: { type: "tool_search_tool_search_result", tool_references: [IMAGE_BY_URL] },
    }),
  ],
  ["messages[0].content[0].from.type", "url_sources", message({ type: "fallback", from: { type: "url" } })],
  ["messages[0].content[0].from.callbackUrl", null, message({ type: "fallback", from: { callbackUrl: "x" } })],
  ["messages[0].content[0].cache_control.url", null, message({ type: "text", text: "x", cache_control: { url: "x" } })],
  [
    "messages[0].content[0].citations[0].url",
    null,
    message({ type: "text", text: "x", citations: [{ type: "char_location", cited_text: "x", url: "x" }] }),
  ],
  [
    "messages[0].content[0].citations[0].type",
    "web_search",
    message({ type: "text", text: "x", citations: [{ type: "web_search_result_location", url: "x", title: "x" }] }),
  ],
  ["tools[1].container", null, tool({ type: "bash_20250124", name: "bash", container: "c" })],
  ["tools[1].mcp_server", null, tool({ type: "computer_20250124", name: "computer", mcp_server: "x" })],
  ["tools[1].url", null, tool({ type: "tool_search_tool_regex_20251119", name: "s", url: "https://evil.test" })],
  ["tools[1].cache_control.url", null, tool({ name: "x", cache_control: { url: "x" } })],
  [
    "context_management.edits[0].mcp_servers",
    null,
    { ...plain, context_management: { edits: [{ type: "clear_tool_uses_20250919", mcp_servers: [] }] } },
  ],
  ["diagnostics.callback_url", null, { ...plain, diagnostics: { callback_url: "https://evil.test" } }],
  ["output_config.schema_url", null, { ...plain, output_config: { schema_url: "https://evil.test" } }],
  ["metadata.source.type", "files", { ...plain, metadata: { source: { type: "file" } } }],
  ["betas[1]", "mcp", { ...plain, betas: ["context-1m-2025-08-07", "mcp-client-2025-11-20"] }],
  ["betas[0]", null, { ...plain, betas: [{ url: "x" }] }],
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

test("every ordinary block and tool passes with the fields that the API knows", () => {
  const cache_control = { type: "ephemeral", ttl: "1h", scope: "global" };
  const citations = [
    {
      type: "char_location",
      cited_text: "x",
      document_index: 0,
      document_title: null,
      start_char_index: 0,
      file_id: null,
    },
    { type: "search_result_location", source: "https://x.test", title: "x", search_result_index: 0 },
  ];
  const content = [
    { type: "text", text: "x", citations, cache_control },
    { type: "text", text: "x", citations: null },
    { type: "thinking", thinking: "https://x.test", signature: "s" },
    { type: "redacted_thinking", data: "x" },
    {
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data: "" },
      citations: { enabled: true },
    },
    { type: "search_result", source: "https://x.test", title: "x", content: [{ type: "text", text: "x" }] },
    { type: "tool_use", id: "1", name: "x", input: { url: "x", type: "url" }, caller: { type: "direct" } },
    { type: "server_tool_use", id: "1", name: "tool_search_tool_regex", input: { pattern: "url" } },
    {
      type: "tool_search_tool_result",
      tool_use_id: "1",
      content: {
        type: "tool_search_tool_search_result",
        tool_references: [{ type: "tool_reference", tool_name: "x" }],
      },
    },
    { type: "compaction", content: "https://x.test", encrypted_content: "x" },
    { type: "compaction", content: null },
    { type: "fallback", from: { model: "a" }, to: { model: "b" }, cache_control },
  ];
  assert.equal(judge(message(...content)), null);
  for (const it of [
    { type: "bash_20250124", name: "bash", cache_control },
    { type: "computer_20251124", name: "computer", display_width_px: 1, display_height_px: 1, enable_zoom: true },
    { type: "text_editor_20250728", name: "str_replace_based_edit_tool", max_characters: 1 },
    { type: "memory_20250818", name: "memory", input_examples: [{ url: "x", type: "file" }] },
    { type: "tool_search_tool_bm25_20251119", name: "tool_search_tool_bm25" },
    { name: "Fetch", description: "x", input_schema: { properties: { file_id: { type: "url" } } }, strict: true },
    { type: "custom", name: "x", input_schema: {}, defer_loading: true, eager_input_streaming: true },
  ]) {
    assert.equal(judge(tool(it)), null, JSON.stringify(it));
  }
  const schema = { type: "object", properties: { url: { type: "string" }, container: {} } };
  const settings = {
    output_config: { effort: "high", format: { type: "json_schema", schema } },
    output_format: { type: "json_schema", schema },
    context_management: { edits: [{ type: "clear_tool_uses_20250919", trigger: { type: "input_tokens", value: 1 } }] },
    tool_choice: { type: "tool", name: "x", disable_parallel_tool_use: true },
    diagnostics: { previous_message_id: "msg" },
    metadata: { user_id: '{"device_id":"https://x.test"}' },
    betas: ["context-1m-2025-08-07", "interleaved-thinking-2025-05-14"],
    stop_sequences: ["https://"],
  };
  assert.equal(judge({ ...plain, ...settings }), null);
});

test("row 137: what a listed feature brings along may name URLs, and still no source to fetch", () => {
  const searched = (inner: unknown) =>
    message(
      { type: "server_tool_use", id: "1", name: "web_search", input: { query: "x" } },
      { type: "web_search_tool_result", tool_use_id: "1", content: [inner] },
    );
  const found = { type: "web_search_result", url: "https://x.test", title: "x", encrypted_content: "x" };
  assert.equal(judge(searched(found), ["web_search"]), null);
  assert.match(judge(searched(IMAGE_BY_URL), ["web_search"]) ?? "", /content\[0\]\.source\.type: .*url_sources/);
  const odd = tool({ type: "web_search_20260209", name: "web_search", mcp_servers: [] });
  assert.match(judge(odd, ["web_search"]) ?? "", /^tools\[1\]\.mcp_servers: /);
});

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
