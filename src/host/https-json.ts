import { readFile } from "node:fs/promises";
import { request } from "node:https";

/** One question to an API that speaks JSON. */
export interface JsonCall {
  readonly method: "GET" | "POST" | "DELETE";
  /** https only. */
  readonly url: string;
  /** Never shown: what logs in stands here. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** PEM file that the server is verified against; null: the system's roots. */
  readonly caFile: string | null;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export type JsonAnswer =
  /** `body`: null where nothing came. */
  | { readonly ok: true; readonly status: number; readonly body: unknown }
  /** It is not known whether the server did what it was asked. `why` holds no header of the question. */
  | { readonly ok: false; readonly why: string };

/** An answer of these APIs has some kilobytes. */
const MOST_BYTES = 1 << 20;

/**
 * Asks once, over verified TLS and without a proxy, and follows no redirect: a header that logs in would go along. Never
 * throws.
 */
export async function callJson(call: JsonCall): Promise<JsonAnswer> {
  const { hostname, protocol } = new URL(call.url);
  if (protocol !== "https:") return { ok: false, why: "not https" };
  const signals = [AbortSignal.timeout(call.timeoutMs), ...(call.signal === undefined ? [] : [call.signal])];
  try {
    const ca = call.caFile === null ? null : await readFile(call.caFile);
    return await ask(call, ca, AbortSignal.any(signals));
  } catch (error) {
    const late = error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    if (late && call.signal?.aborted !== true)
      return { ok: false, why: `${hostname} did not answer within ${call.timeoutMs / 1000} s` };
    return { ok: false, why: late ? "interrupted" : `${hostname}: ${code}` };
  }
}

function ask(call: JsonCall, ca: Buffer | null, signal: AbortSignal): Promise<JsonAnswer> {
  const body = call.body === undefined ? null : Buffer.from(JSON.stringify(call.body));
  const headers = {
    ...call.headers,
    "accept-encoding": "identity",
    ...(body === null ? {} : { "content-type": "application/json", "content-length": String(body.length) }),
  };
  const trust = ca === null ? {} : { ca };
  return new Promise((resolve, reject) => {
    const options = { method: call.method, headers, agent: false, rejectUnauthorized: true, signal, ...trust };
    const asked = request(call.url, options, (response) => {
      const status = response.statusCode ?? 0;
      const pieces: Buffer[] = [];
      let bytes = 0;
      response.on("error", reject);
      response.on("data", (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > MOST_BYTES) {
          resolve({ ok: false, why: `the answer is larger than ${MOST_BYTES} bytes` });
          response.destroy();
        } else pieces.push(piece);
      });
      response.on("end", () => {
        if (status >= 300 && status < 400)
          return resolve({ ok: false, why: `redirected (${status}), which is not followed` });
        resolve({ ok: true, status, body: parsed(Buffer.concat(pieces)) });
      });
    });
    asked.on("error", reject);
    asked.end(body ?? undefined);
  });
}

/** What is no JSON is worth as little as nothing. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}
