import type { IncomingMessage, ServerResponse } from "node:http";
import { flattenHeaders, type HeaderPair } from "../core/wire/header-pairs.ts";
import { record, refusalOf } from "./admission.ts";
import { answer } from "./answer.ts";
import type { GatewayContext } from "./context.ts";
import type { Destination } from "./destination.ts";
import { answerTerms, type Judgement, type Permit } from "./judgement.ts";
import { discard, type StreamedBody } from "./request-body.ts";
import { createResponseRelay } from "./response-relay.ts";
import { tapFor } from "./usage-tap.ts";

/** A request that may leave, as it will be sent. */
export interface Outgoing {
  readonly headers: readonly HeaderPair[];
  readonly path: string;
  readonly destination: Destination;
  readonly whole: Buffer | null;
  readonly streamed: StreamedBody | null;
}

/** Sends the request and relays the response; resolves when both are over. */
export function forward(
  context: GatewayContext,
  request: IncomingMessage,
  response: ServerResponse,
  judgement: Judgement,
  permit: Permit,
  outgoing: Outgoing,
): Promise<void> {
  const { snapshot } = judgement;
  const { streamed, whole } = outgoing;
  const tap = tapFor(permit);
  context.counters.allowed += 1;
  return new Promise((resolve, reject) => {
    const cut = (why: string) => {
      relay.abort(new Error(why));
      if (response.headersSent) response.destroy();
    };
    const leave = context.live.add({
      kind: "exchange",
      stillAllowed: (latest) => permit.stillAllowed(latest, streamed?.readable.readableEnded ?? true),
      cut: (why) => cut(why === "policy" ? "the policy changed" : "the gateway is closing"),
    });
    const closed = () => {
      if (!response.writableFinished) relay.abort(new Error("the client went away"));
    };
    const relay = createResponseRelay({
      response,
      method: permit.head.method,
      terms: answerTerms(judgement, permit),
      stallMs: context.limits.idleMs,
      tap,
      onEnd: (end, headSent) => {
        leave();
        response.off("close", closed);
        const failure = streamed?.denied ?? end.failure;
        const bytesOut = streamed?.bytes ?? whole?.length ?? 0;
        context.counters.bytesOut += bytesOut;
        context.counters.bytesIn += end.bytesIn;
        if (streamed?.denied != null) record(context, judgement, streamed.denied);
        const usage = tap?.end(failure === null) ?? null;
        if (usage !== null) context.trail.usage({ id: judgement.id, ...usage });
        context.trail.result(
          {
            id: judgement.id,
            status: end.status,
            bytesOut,
            bytesIn: end.bytesIn,
            ms: context.now() - judgement.startedAt,
            scrubbed: end.scrubbed,
            error: failure === null ? null : `${failure.reason}: ${failure.detail ?? ""}`,
            findings: streamed === null ? [] : permit.leaks.findings.filter(({ where }) => where === "body"),
          },
          snapshot.hidden,
        );
        if (streamed !== null) request.socket.setTimeout(0);
        if (failure === null) discard(request);
        // Too late for words: a cut connection tells the client that the response is not whole.
        else if (headSent) response.destroy();
        else answer(request, response, refusalOf(context, judgement, { status: null, ...failure }));
        resolve();
      },
    });
    response.once("close", closed);
    context.upstream
      .dispatch(
        outgoing.destination,
        snapshot.policy.version,
        {
          method: permit.head.method,
          path: outgoing.path,
          headers: flattenHeaders(outgoing.headers),
          body: streamed?.readable ?? whole,
        },
        relay.handler,
      )
      .catch((error: unknown) => {
        leave();
        response.off("close", closed);
        streamed?.readable.destroy();
        reject(error instanceof Error ? error : new Error("dispatch failed"));
      });
  });
}
