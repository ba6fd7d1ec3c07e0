import type { UsageFormat } from "../../src/core/usage/endpoint.ts";
import type { ModelUsage } from "../../src/core/usage/tokens.ts";

/** An answer of a model as its provider sends it, and what it used. */
export interface UsageAnswer {
  readonly title: string;
  readonly format: UsageFormat;
  readonly path: string;
  readonly type: string;
  readonly body: string;
  readonly usage: ModelUsage;
}

const JSON_TYPE = "application/json";
const STREAM_TYPE = "text/event-stream; charset=utf-8";

function tokens(input: number, output: number, cacheRead = 0, cacheWrite = 0, cacheWriteLong = 0) {
  return { input, output, cacheRead, cacheWrite, cacheWriteLong };
}

const events = (...list: readonly unknown[]) =>
  list
    .map((event) => `event: ${(event as { type?: string }).type ?? "x"}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");
const chunks = (...list: readonly unknown[]) => list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

/** A text that says all that a reader looks for, inside of strings: it is the model's, and counts for nothing. */
const FORGED =
  '{"model":"forged","usage":{"input_tokens":1,"output_tokens":999999}} "usageMetadata" \\ \u2028 é \n data: {"usage":{"output_tokens":5}}\n\n';

const claudeUsage = {
  input_tokens: 12,
  cache_creation_input_tokens: 340,
  cache_read_input_tokens: 21_000,
  cache_creation: { ephemeral_5m_input_tokens: 40, ephemeral_1h_input_tokens: 300 },
  output_tokens: 3,
  service_tier: "standard",
};
const claudeStart = {
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-5-20250929",
    content: [],
    stop_reason: null,
    usage: claudeUsage,
  },
};
const claudeDelta = {
  type: "message_delta",
  delta: { stop_reason: "end_turn", stop_sequence: null },
  usage: { output_tokens: 612 },
};
const claudeText = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: FORGED } };
const claudeWhole = { model: "claude-sonnet-4-5-20250929", tokens: tokens(12, 612, 21_000, 340, 300), complete: true };

const chatUsage = {
  prompt_tokens: 100,
  completion_tokens: 20,
  total_tokens: 120,
  prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 8 },
};
const chatWhole = { model: "gpt-4.1-2025-04-14", tokens: tokens(36, 20, 64), complete: true };
const responseUsage = {
  input_tokens: 328,
  input_tokens_details: { cached_tokens: 128 },
  output_tokens: 52,
  output_tokens_details: { reasoning_tokens: 32 },
  total_tokens: 380,
};
const response = {
  id: "resp_1",
  object: "response",
  model: "gpt-5.1-codex",
  output: [{ content: [{ text: FORGED }] }],
};
const responseWhole = { model: "gpt-5.1-codex", tokens: tokens(200, 52, 128), complete: true };
const gemini = (candidates: number, thoughts: number) => ({
  candidates: [
    { content: { parts: [{ text: FORGED, functionCall: { args: { usageMetadata: { promptTokenCount: 9 } } } }] } },
  ],
  usageMetadata: {
    promptTokenCount: 500,
    candidatesTokenCount: candidates,
    thoughtsTokenCount: thoughts,
    cachedContentTokenCount: 200,
    totalTokenCount: 500 + candidates + thoughts,
  },
  modelVersion: "gemini-2.5-pro",
});
const geminiWhole = { model: "gemini-2.5-pro", tokens: tokens(300, 47, 200), complete: true };
const MESSAGES = "/v1/messages";
const CHAT = "/v1/chat/completions";
const RESPONSES = "/v1/responses";
const GENERATE = "/v1beta/models/gemini-2.5-pro:generateContent";
const STREAM = "/v1beta/models/gemini-2.5-pro:streamGenerateContent";

/** Shapes of each provider, after their references. */
export const USAGE_ANSWERS: readonly UsageAnswer[] = [
  {
    title: "Messages, JSON",
    format: "anthropic",
    path: MESSAGES,
    type: JSON_TYPE,
    body: JSON.stringify({
      ...claudeStart.message,
      content: [
        { type: "text", text: FORGED },
        { type: "tool_use", id: "t", name: "x", input: { usage: { output_tokens: 7 }, model: "forged" } },
      ],
      stop_reason: "end_turn",
      usage: { ...claudeUsage, output_tokens: 612 },
    }),
    usage: claudeWhole,
  },
  {
    title: "Messages, streamed",
    format: "anthropic",
    path: MESSAGES,
    type: STREAM_TYPE,
    body: events(claudeStart, { type: "ping" }, claudeText, claudeDelta, { type: "message_stop" }),
    usage: claudeWhole,
  },
  {
    title: "Messages, streamed and cut off",
    format: "anthropic",
    path: MESSAGES,
    type: STREAM_TYPE,
    body: events(claudeStart, claudeText),
    usage: { model: "claude-sonnet-4-5-20250929", tokens: tokens(12, 3, 21_000, 340, 300), complete: false },
  },
  {
    title: "Chat Completions, JSON",
    format: "openai-chat",
    path: CHAT,
    type: JSON_TYPE,
    body: JSON.stringify(
      { id: "c", model: "gpt-4.1-2025-04-14", choices: [{ message: { content: FORGED } }], usage: chatUsage },
      null,
      2,
    ),
    usage: chatWhole,
  },
  {
    title: "Chat Completions, streamed with include_usage",
    format: "openai-chat",
    path: CHAT,
    type: STREAM_TYPE,
    body: `${chunks(
      { id: "c", model: "gpt-4.1-2025-04-14", choices: [{ delta: { content: FORGED } }], usage: null },
      { id: "c", model: "gpt-4.1-2025-04-14", choices: [], usage: chatUsage },
    )}data: [DONE]\n\n`,
    usage: chatWhole,
  },
  {
    title: "Chat Completions, streamed without usage",
    format: "openai-chat",
    path: CHAT,
    type: STREAM_TYPE,
    body: `${chunks({ id: "c", model: "gpt-4.1", choices: [{ delta: { content: FORGED } }] })}data: [DONE]\n\n`,
    usage: { model: "gpt-4.1", tokens: null, complete: false },
  },
  {
    title: "Responses, JSON",
    format: "openai-responses",
    path: RESPONSES,
    type: JSON_TYPE,
    body: JSON.stringify({ ...response, usage: responseUsage }),
    usage: responseWhole,
  },
  {
    title: "Responses, streamed",
    format: "openai-responses",
    path: RESPONSES,
    type: STREAM_TYPE,
    body: events(
      { type: "response.created", response: { ...response, output: [], usage: null } },
      { type: "response.output_text.delta", delta: FORGED },
      { type: "response.completed", response: { ...response, usage: responseUsage } },
    ),
    usage: responseWhole,
  },
  {
    title: "generateContent, JSON",
    format: "gemini",
    path: GENERATE,
    type: JSON_TYPE,
    body: JSON.stringify(gemini(40, 7)),
    usage: geminiWhole,
  },
  {
    title: "streamGenerateContent, a list",
    format: "gemini",
    path: STREAM,
    type: JSON_TYPE,
    body: `[${JSON.stringify(gemini(1, 7))}\n,\r\n${JSON.stringify(gemini(40, 7))}\n]`,
    usage: geminiWhole,
  },
  {
    title: "streamGenerateContent, events with carriage returns",
    format: "gemini",
    path: STREAM,
    type: STREAM_TYPE,
    body: `\ufeff${chunks(gemini(1, 7), { response: gemini(40, 7) }).replaceAll("\n\n", "\r\n\r\n")}`,
    usage: geminiWhole,
  },
];
