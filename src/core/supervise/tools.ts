import { STATES, WORDS_LENGTH } from "./tool-input.ts";

/** Under which name agents know the server. */
export const SERVER_NAME = "bot-bottle";
/** Longest wait of one `wait_decision`: clients give up a call after 60 s. */
export const WAIT_MS = 50_000;

export type ToolName =
  | "list_access"
  | "request_access"
  | "request_capability"
  | "request_review"
  | "wait_decision"
  | "report_status";

/** A tool as the Model Context Protocol describes it; `inputSchema` is JSON Schema. */
export interface ToolDefinition {
  readonly name: ToolName;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: {
    readonly type: "object";
    readonly properties: Readonly<Record<string, object>>;
    readonly required?: readonly string[];
    readonly additionalProperties: false;
  };
  readonly annotations: { readonly readOnlyHint: boolean; readonly openWorldHint: false };
}

const words = (description: string, maxLength = WORDS_LENGTH) => ({
  type: "string",
  minLength: 1,
  maxLength,
  description,
});
const text = (description: string, maxLength: number) => ({ type: "string", maxLength, description });

const PENDING =
  'Answers at once. "pending" with an id: the operator was asked; call wait_decision with the id, or go on with other work and ask again later.';

/** Said to the agent when it connects. */
export const INSTRUCTIONS = [
  "You work in a bot-bottle: a sandbox whose only way out is a gateway that an operator controls.",
  "When a request is refused, call request_access with its URL and method, then wait_decision, then retry it.",
  "When you lack something else (a package, a tool, a folder, memory), call request_capability.",
  "Do not try ways around a refusal: there are none, and each attempt is recorded.",
].join(" ");

/** Every tool of supervise, as agents see them. */
export const TOOLS: readonly ToolDefinition[] = [
  {
    name: "list_access",
    title: "What this bottle may reach",
    description:
      "Lists what is allowed now: hosts with methods and paths, rule packs, git repositories with the branches that may be pushed, and what the operator granted. Look here before you ask for access.",
    inputSchema: { type: "object", properties: {}, additionalProperties: false },
    annotations: { readOnlyHint: true, openWorldHint: false },
  },
  {
    name: "request_access",
    title: "Ask for access to a URL",
    description: `Asks the operator to allow one method of one URL (any query and body). Give url, or host with port, scheme and path. ${PENDING} "allowed": retry your request now. "refused" or "denied": work without it. The same request asked twice is one question.`,
    inputSchema: {
      type: "object",
      properties: {
        url: text(
          "Whole URL, e.g. https://files.example.com/upload/report.xml. Its query is not part of what is granted.",
          4096,
        ),
        host: text("Instead of url: the host name alone.", 253),
        port: { type: "integer", minimum: 1, maximum: 65_535, description: "With host. Default: that of the scheme." },
        scheme: { enum: ["https", "http"], description: "With host. Default: https." },
        path: text("With host: the exact path. Default: /.", 4096),
        method: text("HTTP method, e.g. GET or POST. Default: GET.", 16),
        why: words("Why you need it, for the operator: what you will send, and what for."),
      },
      required: ["why"],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: false, openWorldHint: false },
  },
  {
    name: "request_capability",
    title: "Ask for something else",
    description: `Asks the operator for what is no single URL: a package, a tool, a folder of the host, more memory, another branch to push to. A yes is a promise in words: read what the operator says. ${PENDING}`,
    inputSchema: {
      type: "object",
      properties: { what: words("What you need, exactly."), why: words("Why you need it.") },
      required: ["what", "why"],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: false, openWorldHint: false },
  },
  {
    name: "request_review",
    title: "Ask the operator a question",
    description: `Asks the operator a question, or to look at a plan before you carry it out. ${PENDING}`,
    inputSchema: {
      type: "object",
      properties: { question: words("The question, or the plan, with all that is needed to answer it.", 8000) },
      required: ["question"],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: false, openWorldHint: false },
  },
  {
    name: "wait_decision",
    title: "Wait for the operator's answer",
    description: `Waits up to ${WAIT_MS / 1000} seconds for the answer to an id of a request_ tool. "pending": nobody answered yet; call it again, or go on with other work. "approved": it is in force now, go on. "denied", "expired": go on without it.`,
    inputSchema: {
      type: "object",
      properties: { id: text("The id that the request_ tool gave.", 32) },
      required: ["id"],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: true, openWorldHint: false },
  },
  {
    name: "report_status",
    title: "Say how you are getting on",
    description:
      "Tells the operator what you are doing. Call it when you begin something, are blocked, are done or have failed.",
    inputSchema: {
      type: "object",
      properties: {
        state: { enum: Object.keys(STATES), description: "working, blocked (you cannot go on alone), done or failed." },
        what: text("In a few words.", 200),
      },
      required: ["state"],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: false, openWorldHint: false },
  },
];
