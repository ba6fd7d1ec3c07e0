import type { ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import { createScrubber, type Scrubber } from "../core/leaks/needles.ts";
import type { ReasonCode } from "../core/model/decision.ts";
import { flattenHeaders, withoutHeaders } from "../core/wire/header-pairs.ts";
import { rebuildResponseHeaders } from "../core/wire/rebuild.ts";
import { type AnswerTerms, answerHeaders } from "./answer-headers.ts";
import { describe, reasonOf, upstreamFailure } from "./failure.ts";
import type { UsageTap } from "./usage-tap.ts";

/** How a relayed response ended. */
export interface RelayEnd {
  readonly status: number | null;
  readonly bytesIn: number;
  readonly scrubbed: number;
  /** Null when the whole response was relayed. */
  readonly failure: { readonly reason: ReasonCode; readonly detail: string } | null;
}

export interface RelayOptions {
  readonly response: ServerResponse;
  readonly method: string;
  readonly terms: AnswerTerms;
  /** A client that takes nothing for so long is cut off. */
  readonly stallMs: number;
  /** Looks at the answer on its way; null: nobody does. */
  readonly tap?: UsageTap | null;
  /** Called once. When `headSent` is false nothing was written yet. */
  readonly onEnd: (end: RelayEnd, headSent: boolean) => void;
}

export interface ResponseRelay {
  readonly handler: Dispatcher.DispatchHandler;
  /** Ends the upstream request at once. */
  abort(error: Error): void;
}

/** A 204 must not have it (RFC 9110 8.6): a lax client would wait for the body. */
const LENGTH: ReadonlySet<string> = new Set(["content-length"]);

/**
 * Streams one upstream response to the client: head rebuilt, known secrets masked at hosts that get a credential, each
 * piece flushed as it comes (server-sent events), back-pressure both ways. Attack rows 68, 70, 89 to 91.
 */
export function createResponseRelay(options: RelayOptions): ResponseRelay {
  const { response, terms } = options;
  const { scrub } = terms;
  let controller: Dispatcher.DispatchController | null = null;
  let aborted: Error | null = null;
  let scrubber: Scrubber | null = null;
  let status: number | null = null;
  let bytesIn = 0;
  let scrubbed = 0;
  let headSent = false;
  let ended = false;
  let written = false;
  let stall: NodeJS.Timeout | undefined;

  const end = (failure: RelayEnd["failure"]) => {
    if (ended) return;
    ended = true;
    clearTimeout(stall);
    options.onEnd({ status, bytesIn, scrubbed: scrubbed + (scrubber?.count ?? 0), failure }, headSent);
  };
  const abort = (error: Error) => {
    aborted = error;
    controller?.abort(error);
  };
  const write = (control: Dispatcher.DispatchController, piece: Uint8Array) => {
    if (piece.length === 0 || response.write(piece) || response.destroyed) return;
    control.pause();
    stall = setTimeout(() => response.destroy(), options.stallMs);
    response.once("drain", () => {
      clearTimeout(stall);
      control.resume();
    });
  };
  const flushHead = () => {
    if (!written && !response.writableEnded && !response.destroyed) response.flushHeaders();
  };
  return {
    abort,
    handler: {
      onRequestStart: (control) => {
        controller = control;
        if (aborted !== null) control.abort(aborted);
      },
      onResponseStart: (control, code) => {
        if (code < 200) return;
        const reading = rebuildResponseHeaders(latin1(control.rawHeaders));
        if (!reading.ok) return control.abort(upstreamFailure("upstream-malformed", reading.why));
        const bodiless = code === 204 || code === 304;
        const empty = bodiless || options.method === "HEAD";
        if (scrub !== null && reading.encoding !== null && !empty) {
          return control.abort(upstreamFailure("response-encoded", reading.encoding));
        }
        const headers = code === 204 ? withoutHeaders(reading.headers, LENGTH) : reading.headers;
        status = code;
        options.tap?.head(code, reading.headers, reading.encoding);
        scrubber = scrub === null || empty ? null : createScrubber(scrub);
        headSent = true;
        response.sendDate = false;
        const given = answerHeaders(terms, headers);
        scrubbed += given.count;
        response.writeHead(code, flattenHeaders(given.headers));
        // What came in one read leaves in one write; a head that came alone leaves at once.
        if (!empty) process.nextTick(flushHead);
        // It names the length of a body that does not come (RFC 9110 8.6), and undici would miss that body.
        if (bodiless && (reading.length ?? 0) > 0) {
          response.end();
          end(null);
        }
      },
      onResponseData: (control, chunk) => {
        bytesIn += chunk.length;
        written = true;
        options.tap?.data(chunk);
        write(control, scrubber === null ? chunk : scrubber.push(chunk));
      },
      onResponseEnd: () => {
        const rest = scrubber?.flush();
        if (rest !== undefined && rest.length > 0) response.end(rest);
        else response.end();
        end(null);
      },
      onResponseError: (_, error) => {
        const cause = aborted ?? error;
        end({ reason: reasonOf(cause), detail: describe(cause) });
      },
      onRequestUpgrade: (control) => control.abort(upstreamFailure("upstream-malformed", "unexpected upgrade")),
    },
  };
}

/** Raw header fields as undici hands them over, as Latin-1 text. */
export function latin1(raw: Dispatcher.DispatchController["rawHeaders"]): string[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((part: Buffer | string) => (typeof part === "string" ? part : part.toString("latin1")));
}
