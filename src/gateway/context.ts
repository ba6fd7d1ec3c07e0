import type { IncomingMessage, ServerResponse } from "node:http";
import type { BottleCa } from "./certificate/bottle-ca.ts";
import type { DestinationFinder } from "./destination.ts";
import type { Dialler } from "./dialler.ts";
import type { DripWatch } from "./drip.ts";
import type { HeldRequests } from "./held.ts";
import type { GatewayLimits } from "./limits.ts";
import type { LiveSet } from "./live.ts";
import type { ModelHold } from "./model-hold.ts";
import type { Snapshots } from "./snapshot.ts";
import type { Trail } from "./trail.ts";
import type { Turns } from "./turns.ts";
import type { Upstream } from "./upstream.ts";

/** Answers origin-form requests below one first path segment, e.g. `git` for `/git/...`. */
export type ServiceHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Numbers of one gateway since it started. */
export interface Counters {
  requests: number;
  allowed: number;
  denied: number;
  bytesOut: number;
  bytesIn: number;
}

/** What every part of one gateway shares. */
export interface GatewayContext {
  readonly limits: GatewayLimits;
  readonly snapshots: Snapshots;
  readonly trail: Trail;
  readonly finder: DestinationFinder;
  readonly dialler: Dialler;
  readonly upstream: Upstream;
  readonly live: LiveSet;
  readonly ca: BottleCa;
  readonly services: ReadonlyMap<string, ServiceHandler>;
  readonly counters: Counters;
  /** Findings that the operator was told of. */
  readonly told: Set<string>;
  /** Puts together what leaves a piece at a time. */
  readonly drip: DripWatch;
  /** Bytes of request bodies that are held whole at this moment. */
  readonly held: { bytes: number };
  /** Those that wait for the operator. */
  readonly asks: HeldRequests;
  /** Those that wait since the bottle's budget is used up. */
  readonly models: ModelHold;
  /** In which big bodies are judged. */
  readonly turns: Turns;
  readonly now: () => number;
}
