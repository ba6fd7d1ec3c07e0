import { isFields } from "../plan/fields.ts";
import { type JsonValue, parseStrictJson } from "./strict-json.ts";

/** Longest body of one message to supervise, in bytes. */
export const MCP_MESSAGE_BYTES = 64 << 10;

/** What a message may cost: the largest real one (an `initialize` of an agent) has forty values, six deep. */
const LIMITS = { depth: 16, values: 1024, keys: 128 } as const;
/** Longest id of a message and longest name of a method. */
const SHORT = 128;

/** One message of JSON-RPC 2.0, read so that no other reader could read something else; its `params` were not looked at. */
export interface McpMessage {
  readonly jsonrpc: "2.0";
  readonly id?: string | number;
  readonly method: string;
  readonly params?: Readonly<Record<string, JsonValue>>;
}

export type McpMessageReading =
  | { readonly ok: true; readonly message: McpMessage }
  /** `code` is that of JSON-RPC: -32700 for what is no JSON, -32600 for what is no request. */
  | { readonly ok: false; readonly code: -32700 | -32600; readonly why: string };

/**
 * Reads one request or notification of the Model Context Protocol. Batches are refused (the protocol has none since
 * 2025-06-18), and so are answers: this server asks its client nothing.
 */
export function readMcpMessage(bytes: Uint8Array): McpMessageReading {
  if (bytes.length > MCP_MESSAGE_BYTES) return invalid(`more than ${MCP_MESSAGE_BYTES} bytes`);
  const reading = parseStrictJson(bytes, LIMITS);
  if (!reading.ok) return { ok: false, code: -32700, why: reading.why };
  const { value } = reading;
  if (!isFields(value)) return invalid("not one JSON-RPC message");
  const { jsonrpc, id, method, params } = value;
  if (jsonrpc !== "2.0") return invalid("not JSON-RPC 2.0");
  if (id !== undefined && !isId(id)) return invalid("an id is a short text or a whole number");
  if (typeof method !== "string" || method.length > SHORT) return invalid("no method");
  if (params !== undefined && !isFields(params)) return invalid("params are an object");
  if (Object.keys(value).some((key) => !["jsonrpc", "id", "method", "params"].includes(key))) {
    return invalid("a member that a request does not have");
  }
  // An object of another reader's would take it for its own ancestor.
  if (namesPrototype(value)) return invalid("a key is called __proto__");
  return { ok: true, message: value as unknown as McpMessage };
}

function isId(id: unknown): boolean {
  return typeof id === "string" ? id.length <= SHORT : Number.isSafeInteger(id);
}

function namesPrototype(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(namesPrototype);
  if (!isFields(value)) return false;
  return Object.entries(value).some(([key, inner]) => key === "__proto__" || namesPrototype(inner));
}

function invalid(why: string): McpMessageReading {
  return { ok: false, code: -32600, why };
}
