import type { IncomingMessage, ServerResponse } from "node:http";
import type { Refusal } from "../core/policy/refusal.ts";
import { flattenHeaders } from "../core/wire/header-pairs.ts";
import { discard } from "./request-body.ts";

/** Writes a refusal; the rest of the request's body is thrown away. */
export function answer(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  // After an unanswered Expect nobody knows whether a body follows: only closing is safe.
  if (request.headers.expect !== undefined) response.shouldKeepAlive = false;
  response.sendDate = false;
  response.writeHead(refusal.status, flattenHeaders(refusal.headers));
  response.end(refusal.body);
  discard(request);
}
