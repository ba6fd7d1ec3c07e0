import { createEventStream } from "../wire/event-stream.ts";
import { createJsonLeaves } from "../wire/json-leaves.ts";
import type { UsageFormat } from "./endpoint.ts";
import { isModelName, isTokenCount, type ModelUsage, type TokenCounts } from "./tokens.ts";

/** Reads what an answer says of its tokens while it passes; it holds nothing of it back. */
export interface UsageReader {
  /** Never throws. */
  push(bytes: Uint8Array): void;
  /** `whole`: the answer came to its end. */
  end(whole: boolean): ModelUsage;
}

type Slot = "input" | "output" | "thoughts" | "tools" | "cacheRead" | "cacheWrite" | "cacheWriteLong";

/** How one provider tells its tokens. Leaves are named as in `core/wire/json-leaves`. */
interface Form {
  /** In front of all names: where the answer stands in what carries it. */
  readonly under: readonly string[];
  readonly model: string;
  readonly counts: Readonly<Record<string, Slot>>;
  /** `type` of the events after which nothing is added; empty: the end of the stream is enough. */
  readonly last: readonly string[];
  /** Are tokens of the cache among those of the input? */
  readonly cacheInInput: boolean;
}

const FORMS: Readonly<Record<Exclude<UsageFormat, "other">, Form>> = {
  // docs.claude.com: Messages, and streaming: `message_delta` counts from the beginning.
  anthropic: {
    under: ["", "message."],
    model: "model",
    counts: {
      "usage.input_tokens": "input",
      "usage.output_tokens": "output",
      "usage.cache_read_input_tokens": "cacheRead",
      "usage.cache_creation_input_tokens": "cacheWrite",
      "usage.cache_creation.ephemeral_1h_input_tokens": "cacheWriteLong",
    },
    last: ["message_delta", "message_stop"],
    cacheInInput: false,
  },
  // A stream tells nothing of it unless the client asks (stream_options.include_usage).
  "openai-chat": {
    under: [""],
    model: "model",
    counts: {
      "usage.prompt_tokens": "input",
      "usage.completion_tokens": "output",
      "usage.prompt_tokens_details.cached_tokens": "cacheRead",
    },
    last: [],
    cacheInInput: true,
  },
  "openai-responses": {
    under: ["", "response."],
    model: "model",
    counts: {
      "usage.input_tokens": "input",
      "usage.output_tokens": "output",
      "usage.input_tokens_details.cached_tokens": "cacheRead",
    },
    last: ["response.completed", "response.incomplete", "response.failed"],
    cacheInInput: true,
  },
  // A stream without `alt=sse` is a list; Code Assist puts each answer under `response`.
  gemini: {
    under: ["", "*.", "response.", "*.response."],
    model: "modelVersion",
    counts: {
      "usageMetadata.promptTokenCount": "input",
      "usageMetadata.candidatesTokenCount": "output",
      "usageMetadata.thoughtsTokenCount": "thoughts",
      "usageMetadata.toolUsePromptTokenCount": "tools",
      "usageMetadata.cachedContentTokenCount": "cacheRead",
    },
    last: [],
    cacheInInput: true,
  },
};

/** Leaf to what it means, for each form; made once. */
const LEAVES = new Map<UsageFormat, ReadonlyMap<string, Slot | "model">>(
  Object.entries(FORMS).map(([format, { under, model, counts }]) => [
    format as UsageFormat,
    new Map(
      under.flatMap((prefix) => [
        [prefix + model, "model"] as const,
        ...Object.entries(counts).map(([name, slot]) => [prefix + name, slot] as const),
      ]),
    ),
  ]),
);

/** A reader for an answer of this form; one that can be read by none says that it does not know. */
export function createUsageReader(format: UsageFormat, contentType: string | null): UsageReader {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const isStream = type === "text/event-stream";
  const leaves = LEAVES.get(format);
  if (format === "other" || leaves === undefined || !(isStream || /^application\/(?:.*\+)?json$/.test(type))) {
    return UNREADABLE;
  }
  const form = FORMS[format];
  const counts = new Map<Slot, number>();
  let model: string | null = null;
  let isLast = false;
  const reader = createJsonLeaves(new Set([...leaves.keys(), "type"]), (path, value) => {
    const slot = leaves.get(path);
    if (slot === "model") {
      if (isModelName(value)) model = value;
    } else if (slot !== undefined) {
      // Streams count from the beginning, and some tell a part of it only once.
      if (isTokenCount(value)) counts.set(slot, Math.max(value, counts.get(slot) ?? 0));
    } else if (typeof value === "string" && form.last.includes(value)) isLast = true;
  });
  const events = isStream
    ? createEventStream({ data: (bytes, from, to) => reader.push(bytes, from, to), end: reader.reset })
    : null;
  return {
    push: (bytes) => (events === null ? reader.push(bytes) : events.push(bytes)),
    end: (whole) => {
      const tokens = tokensOf(counts, form);
      const ended = !isStream || form.last.length === 0 || isLast;
      return { model, tokens, complete: tokens !== null && whole && ended };
    },
  };
}

const UNREADABLE: UsageReader = {
  push: () => undefined,
  end: () => ({ model: null, tokens: null, complete: false }),
};

function tokensOf(counts: ReadonlyMap<Slot, number>, { cacheInInput }: Form): TokenCounts | null {
  if (!counts.has("input") && !counts.has("output")) return null;
  const of = (slot: Slot) => counts.get(slot) ?? 0;
  const cacheRead = of("cacheRead");
  const input = of("input") + of("tools");
  const cacheWrite = of("cacheWrite");
  return {
    input: cacheInInput ? Math.max(0, input - cacheRead) : input,
    output: of("output") + of("thoughts"),
    cacheRead,
    cacheWrite,
    cacheWriteLong: Math.min(cacheWrite, of("cacheWriteLong")),
  };
}
