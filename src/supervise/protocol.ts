import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema, McpError } from "@modelcontextprotocol/sdk/types.js";
import { INSTRUCTIONS, SERVER_NAME, TOOLS, type ToolName } from "../core/supervise/tools.ts";
import type { MessageServer } from "./door.ts";
import type { ToolAnswer } from "./tool-calls.ts";

/** Calls a tool; rejects when supervise itself is wrong. */
export type CallTool = (
  name: ToolName,
  args: Readonly<Record<string, unknown>>,
  gone: AbortSignal,
) => Promise<ToolAnswer>;

/** Compiles nothing: what tools are given is read by readers of our own. */
const NO_VALIDATOR = { getValidator: () => () => ({ valid: false, data: undefined, errorMessage: "unused" }) as const };

/**
 * Speaks the Model Context Protocol by its official SDK. Loading this file takes half a second: it is loaded for the first
 * message. Each message has a server of its own, so that nothing of one client is left for another.
 */
export function createProtocol(version: string, call: CallTool): MessageServer {
  return async (message, headers, gone) => {
    const server = new Server(
      { name: SERVER_NAME, version },
      { capabilities: { tools: {} }, instructions: INSTRUCTIONS, jsonSchemaValidator: NO_VALIDATOR as never },
    );
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: TOOLS.map((tool) => ({ ...tool }) as never) }));
    server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
      const tool = TOOLS.find(({ name }) => name === params.name);
      if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, "there is no such tool");
      const { failed, value } = await call(tool.name, params.arguments ?? {}, gone);
      return { content: [{ type: "text", text: JSON.stringify(value, null, 1) }], isError: failed };
    });
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport);
    try {
      const request = new Request("http://bottle/mcp", { method: "POST", headers });
      const answered = transport.handleRequest(request, { parsedBody: message });
      const response = await Promise.race([answered, aborted(gone)]);
      return {
        status: response.status,
        headers: { "content-type": response.headers.get("content-type") ?? "application/json" },
        body: await response.text(),
      };
    } finally {
      await server.close();
    }
  };
}

/** Rejects when the client has gone: nobody reads what the transport would still say. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const over = () => reject(new Error("the client went away"));
    if (signal.aborted) over();
    else signal.addEventListener("abort", over, { once: true });
  });
}
