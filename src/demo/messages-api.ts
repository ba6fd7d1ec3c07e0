/**
 * The part of the model API that a turn of the agent touches: `POST /v1/messages`, checked strictly, and its
 * answer as server-sent events. Written against what the real program sends and accepts (docs/demo.md).
 */

/** One block of a message as the API defines it; only the fields that the stand-in reads. */
type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_use"; readonly id: string }
  | { readonly type: "tool_result"; readonly toolUseId: string; readonly text: string };

interface Message {
  /** `system` in the middle of a conversation is a beta that the agent uses. */
  readonly role: "user" | "assistant" | "system";
  readonly blocks: readonly Block[];
}

export interface MessagesRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly messages: readonly Message[];
  /** Names of the tools that the agent itself runs. */
  readonly tools: readonly string[];
  /** Types of tools that the provider would run (`web_search_20250305` ...). */
  readonly serverTools: readonly string[];
}

/** What the model says: words, or a tool call. */
export type Reply =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "tool";
      readonly id: string;
      readonly name: string;
      readonly input: Readonly<Record<string, string>>;
    };

export type Read =
  | { readonly ok: true; readonly request: MessagesRequest }
  | { readonly ok: false; readonly problem: string };

type Fields = Readonly<Record<string, unknown>>;

/** Reads a request body. Anything that the real API would refuse is a problem, in one line. */
export function readMessagesRequest(body: string): Read {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return { ok: false, problem: "the body is not JSON" };
  }
  try {
    return { ok: true, request: request(fields(parsed, "body")) };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}

function request(body: Fields): MessagesRequest {
  const maxTokens = body.max_tokens;
  if (typeof maxTokens !== "number" || !Number.isInteger(maxTokens) || maxTokens < 1) throw new Error("max_tokens");
  const messages = list(body.messages, "messages").map(message);
  if (messages.length === 0) throw new Error("messages: empty");
  const tools = list(body.tools ?? [], "tools").map((tool) => fields(tool, "tools"));
  const own = tools.filter((tool) => tool.type === undefined || tool.type === "custom");
  return {
    model: text(body.model, "model"),
    stream: body.stream === true,
    messages,
    tools: own.map((tool) => text(tool.name, "tools.name")),
    serverTools: tools.filter((tool) => !own.includes(tool)).map((tool) => text(tool.type, "tools.type")),
  };
}

function message(value: unknown): Message {
  const entry = fields(value, "messages");
  const role = entry.role;
  if (role !== "user" && role !== "assistant" && role !== "system") throw new Error("messages.role");
  const content = entry.content;
  if (typeof content === "string") return { role, blocks: [{ type: "text", text: content }] };
  return { role, blocks: list(content, "messages.content").flatMap(block) };
}

function block(value: unknown): readonly Block[] {
  const entry = fields(value, "messages.content");
  switch (text(entry.type, "messages.content.type")) {
    case "text":
      return [{ type: "text", text: text(entry.text, "messages.content.text") }];
    case "tool_use":
      return [{ type: "tool_use", id: text(entry.id, "tool_use.id") }];
    case "tool_result": {
      const toolUseId = text(entry.tool_use_id, "tool_result.tool_use_id");
      const content = entry.content ?? "";
      if (typeof content === "string") return [{ type: "tool_result", toolUseId, text: content }];
      const texts = list(content, "tool_result.content").flatMap(block);
      return [
        { type: "tool_result", toolUseId, text: texts.map((part) => (part.type === "text" ? part.text : "")).join("") },
      ];
    }
    default:
      return [];
  }
}

/** The answer as the API streams it: `event:` and `data:` lines, one event a piece, so that it can be sent piece by piece. */
export function replyEvents(id: string, model: string, reply: Reply): readonly string[] {
  const usage = { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const stop = { stop_reason: stopReason(reply), stop_sequence: null };
  const start = {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
  const [empty, deltas] =
    reply.kind === "text"
      ? [
          { type: "text", text: "" },
          (reply.text.match(/.{1,24}/gsu) ?? []).map((piece) => ({ type: "text_delta", text: piece })),
        ]
      : [
          { type: "tool_use", id: reply.id, name: reply.name, input: {} },
          [{ type: "input_json_delta", partial_json: JSON.stringify(reply.input) }],
        ];
  const events: readonly Fields[] = [
    { type: "message_start", message: start },
    { type: "content_block_start", index: 0, content_block: empty },
    ...deltas.map((delta) => ({ type: "content_block_delta", index: 0, delta })),
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: stop, usage: { output_tokens: 1 } },
    { type: "message_stop" },
  ];
  return events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`);
}

/** The same answer for a request without `stream`. */
export function replyMessage(id: string, model: string, reply: Reply): string {
  const content =
    reply.kind === "text"
      ? { type: "text", text: reply.text }
      : { type: "tool_use", id: reply.id, name: reply.name, input: reply.input };
  return JSON.stringify({
    id,
    type: "message",
    role: "assistant",
    model,
    content: [content],
    stop_reason: stopReason(reply),
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  });
}

/** An error in the API's own shape. */
export const errorBody = (type: string, message: string): string =>
  JSON.stringify({ type: "error", error: { type, message } });

const stopReason = (reply: Reply): string => (reply.kind === "tool" ? "tool_use" : "end_turn");

function fields(value: unknown, where: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${where}: not an object`);
  return value as Fields;
}

function list(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${where}: not a list`);
  return value;
}

function text(value: unknown, where: string): string {
  if (typeof value !== "string") throw new Error(`${where}: not text`);
  return value;
}
