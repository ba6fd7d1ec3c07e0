import type { IncomingMessage, ServerResponse } from "node:http";
import { providers } from "../agents/providers.ts";
import { createHookReader } from "../core/activity/hook-words.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import type { ServiceHandler } from "../gateway/gateway.ts";
import type { BottleMeter } from "./bottle-meter.ts";

/** What is read of one event: all that is asked for stands in front of what a tool printed. */
const READ_BYTES = 64 << 10;
/** More is no event. */
const MOST_BYTES = 32 << 20;
/** Events in a second that are looked at: an agent that says more says nothing more. */
const PER_SECOND = 50;
/** That come at a time. */
const MOST_OPEN = 32;

/**
 * Takes events of the agent's hooks at `POST /hook`. Each is answered `{}` whatever it says, as soon as it has come: a
 * hook decides nothing, and the agent waits for the answer.
 */
export function hookDoor(meter: Pick<BottleMeter, "onWord">, now: () => Date = () => new Date()): ServiceHandler {
  let open = 0;
  let second = 0;
  let count = 0;
  const mayRead = () => {
    const present = Math.floor(now().getTime() / 1000);
    if (present !== second) count = 0;
    second = present;
    count += 1;
    return count <= PER_SECOND && open <= MOST_OPEN;
  };
  return (request, response) => {
    request.on("error", ignore);
    response.on("error", ignore);
    if (request.method !== "POST" || request.url !== "/hook") return answer(request, response, 404);
    open += 1;
    response.once("close", () => {
      open -= 1;
    });
    const reader = mayRead() ? createHookReader() : null;
    let length = 0;
    request.on("data", (piece: Buffer) => {
      const room = READ_BYTES - length;
      length += piece.length;
      if (room > 0) reader?.push(piece.subarray(0, room));
      if (length > MOST_BYTES) request.destroy();
    });
    request.once("end", () => {
      const word = reader?.end() ?? null;
      if (word !== null)
        meter.onWord("hook", { state: word.state, what: word.what, at: now().toISOString() }, word.turn);
      answer(request, response, 200);
    });
  };
}

function answer(request: IncomingMessage, response: ServerResponse, status: number): void {
  if (response.headersSent || response.destroyed) return;
  if (!request.complete) response.shouldKeepAlive = false;
  const body = status === 200 ? "{}" : "bot-bottle: hooks are posted to /hook\n";
  const type = status === 200 ? "application/json" : "text/plain";
  response.writeHead(status, { "content-type": type, "content-length": body.length, "cache-control": "no-store" });
  response.end(body);
  request.resume();
}

/** The file that has the bottle's agent post its events to the gateway at `proxyUrl`; nothing where it has no hooks. */
export function hookConfig({ agent, hooks }: BottlePlan, proxyUrl: string): { readonly hookSettings?: string } {
  const provider = Object.values(providers).find(({ name }) => name === agent.provider);
  if (hooks !== true || provider?.hookSettings === undefined) return {};
  return { hookSettings: provider.hookSettings(`${proxyUrl}/hook`) };
}

function ignore(): void {}
