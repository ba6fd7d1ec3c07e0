/** How a model answers, as far as its tokens are told; `other`: by a form that is not read. */
export type UsageFormat = "anthropic" | "openai-chat" | "openai-responses" | "gemini" | "other";

/** Paths of requests that a model answers, in lower case and without a slash at the end. */
const ENDPOINTS: readonly (readonly [RegExp, UsageFormat])[] = [
  [/\/v1\/messages$/, "anthropic"],
  [/\/chat\/completions$/, "openai-chat"],
  [/\/(?:v\d+|codex|openai)\/responses$/, "openai-responses"],
  [/:(?:streamgenerate|generate)content$/, "gemini"],
  // Batches, older forms, and those of clouds: they cost money, and what they say of it is not read.
  [/\/v1\/(?:messages\/batches|completions|batches|complete)$/, "other"],
  [/:(?:raw|streamraw)predict$/, "other"],
  [/^\/model\/.+\/(?:invoke|converse)(?:-with-response-stream|-stream)?$/, "other"],
];

/**
 * How the model behind this request answers; null: it is for no model. Side calls such as titles count, since they
 * cost money; counting tokens (`count_tokens`) does not. Any host: a path is looked at as a lax server would read it.
 */
export function modelEndpoint(method: string, path: string): UsageFormat | null {
  return method === "POST" ? formatAt(laxly(path)) : null;
}

/** As `modelEndpoint`, for a WebSocket on which requests of models would go: no usage of those is read. */
export function isModelSocket(path: string): boolean {
  const plain = laxly(path);
  return formatAt(plain) !== null || /:bidigeneratecontent$|\/v1\/realtime$/.test(plain);
}

function formatAt(plain: string): UsageFormat | null {
  return ENDPOINTS.find(([pattern]) => pattern.test(plain))?.[1] ?? null;
}

/** What the laxest of servers makes of a path: decoded twice, without parameters, empty and dot segments, in lower case. */
function laxly(path: string): string {
  const kept: string[] = [];
  for (const whole of decoded(decoded(path)).toLowerCase().split(/[/\\]/)) {
    const [segment = ""] = whole.split(";", 1);
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}`;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
