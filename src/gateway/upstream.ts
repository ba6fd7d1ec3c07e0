import type { Socket } from "node:net";
import type { Dispatcher, Pool } from "undici";
import { formatAuthority } from "../core/wire/authority.ts";
import type { ConnectTarget, Destination } from "./destination.ts";
import type { Dialler } from "./dialler.ts";
import type { GatewayLimits } from "./limits.ts";

/** The HTTP/1.1 client to upstream servers. */
export interface Upstream {
  /** Sends one request over a connection to `destination`, opened under this policy version and to the same addresses. */
  dispatch(
    destination: Destination,
    version: number,
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): Promise<void>;
  /** Idle connections of other versions end now, busy ones after their response (attack row 34). */
  retire(version: number): void;
  close(): Promise<void>;
}

type PoolConstructor = typeof Pool;

interface Kept {
  readonly pool: Pool;
  readonly version: number;
  /** Requests without an end yet. */
  readonly open: Set<Dispatcher.DispatchHandler>;
}

/** Pools kept at once; the least recently used one is closed when there are more. */
const POOLS = 128;

/**
 * Pools of upstream connections. The key of a pool carries policy version, scheme, authority and every pinned address,
 * so that a connection is never used under a policy or address other than the one it was judged for.
 */
export function createUpstream(
  dialler: Dialler,
  limits: GatewayLimits,
  onConnected: (destination: Destination, target: string) => void,
): Upstream {
  const pools = new Map<string, Kept>();
  const recent = new WeakMap<Destination, Kept>();
  let loading: Promise<PoolConstructor> | null = null;
  let closed = false;
  const load = () => {
    loading ??= loadPool();
    return loading;
  };
  const dial = async (destination: Destination) => {
    const socket =
      destination.scheme === "https" ? await dialler.openTls(destination) : await dialler.open(destination);
    onConnected(destination, addressOf(socket, destination));
    return socket;
  };
  const create = (PoolClass: PoolConstructor, destination: Destination, open: Kept["open"]): Pool =>
    new PoolClass("http://upstream.invalid", {
      connections: limits.upstreamConnections,
      pipelining: 1,
      allowH2: false,
      strictContentLength: true,
      keepAliveTimeout: limits.upstreamIdleMs,
      keepAliveMaxTimeout: limits.upstreamIdleMs * 4,
      headersTimeout: limits.responseHeadMs,
      bodyTimeout: limits.responseIdleMs,
      maxHeaderSize: 64 * 1024,
      // The origin above is never used: every connection goes through the dialler, to the judged addresses.
      connect: (_, callback) => {
        // After a request was cut undici connects once more for it: to a host that a revoke may have taken (attack row 135).
        if (open.size === 0) return callback(new Error("nobody waits for this connection"), null);
        dial(destination).then(
          (socket) => callback(null, socket),
          (error: Error) => callback(error, null),
        );
      },
    });
  const poolFor = (PoolClass: PoolConstructor, destination: Destination, version: number): Kept => {
    const { authority, scheme, caPem, targets } = destination;
    const key = `${version} ${scheme} ${formatAuthority(authority)} ${caPem ?? ""} ${targets.map(targetText).join(",")}`;
    const open: Kept["open"] = new Set();
    const entry = pools.get(key) ?? { pool: create(PoolClass, destination, open), version, open };
    // Last used goes to the end: the first key is the one to drop.
    pools.delete(key);
    pools.set(key, entry);
    if (pools.size > POOLS) {
      for (const [oldest, { pool }] of pools) {
        drop(oldest, pool);
        break;
      }
    }
    return entry;
  };
  const drop = (key: string, pool: Pool) => {
    pools.delete(key);
    pool.close().catch(() => pool.destroy().catch(() => {}));
  };
  return {
    dispatch: async (destination, version, options, handler) => {
      if (closed) throw new Error("the gateway is closing");
      // The usual case: the same judged destination as the request before.
      const last = recent.get(destination);
      if (last !== undefined && last.version === version && !last.pool.closed) {
        last.pool.dispatch(options, new CountedHandler(handler, last.open));
        return;
      }
      const entry = poolFor(await load(), destination, version);
      recent.set(destination, entry);
      entry.pool.dispatch(options, new CountedHandler(handler, entry.open));
    },
    retire: (version) => {
      for (const [key, entry] of [...pools]) if (entry.version !== version) drop(key, entry.pool);
    },
    close: async () => {
      closed = true;
      const all = [...pools.values()];
      pools.clear();
      await Promise.allSettled(all.map((entry) => entry.pool.destroy()));
    },
  };
}

type Handler = Required<Pick<Dispatcher.DispatchHandler, HandlerEvent>>;
type HandlerEvent =
  | "onRequestStart"
  | "onRequestUpgrade"
  | "onResponseStart"
  | "onResponseData"
  | "onResponseEnd"
  | "onResponseError";

/** A handler, in `open` until its request has ended. One class for all requests: it makes no function for each. */
class CountedHandler implements Handler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #open: Kept["open"];

  constructor(handler: Dispatcher.DispatchHandler, open: Kept["open"]) {
    this.#handler = handler;
    this.#open = open;
    open.add(handler);
  }

  onRequestStart(...args: Parameters<Handler["onRequestStart"]>): void {
    this.#handler.onRequestStart?.(...args);
  }

  onRequestUpgrade(...args: Parameters<Handler["onRequestUpgrade"]>): void {
    this.#open.delete(this.#handler);
    this.#handler.onRequestUpgrade?.(...args);
  }

  onResponseStart(...args: Parameters<Handler["onResponseStart"]>): void {
    this.#handler.onResponseStart?.(...args);
  }

  onResponseData(...args: Parameters<Handler["onResponseData"]>): void {
    this.#handler.onResponseData?.(...args);
  }

  onResponseEnd(...args: Parameters<Handler["onResponseEnd"]>): void {
    this.#open.delete(this.#handler);
    this.#handler.onResponseEnd?.(...args);
  }

  onResponseError(...args: Parameters<Handler["onResponseError"]>): void {
    this.#open.delete(this.#handler);
    this.#handler.onResponseError?.(...args);
  }
}

/** For the log: where the socket leads; one that is carried has no address of its own. */
function addressOf({ remoteAddress }: Socket, { dial }: Destination): string {
  return remoteAddress ?? (dial?.kind === "tcp" ? dial.address : "unix");
}

function targetText(target: ConnectTarget): string {
  return target.kind === "unix" ? target.path : `${target.address} ${target.port}`;
}

/**
 * Only the pool is loaded: a third of the time and half of the memory of the whole package, which also holds fetch,
 * WebSocket and caches. The path is not part of the package's documented surface, so the whole serves where it is gone.
 */
async function loadPool(): Promise<PoolConstructor> {
  const inner: string = "undici/lib/dispatcher/pool.js";
  try {
    const loaded: { default: PoolConstructor } = await import(inner);
    if (typeof loaded.default === "function") return loaded.default;
  } catch {
    // Fall through to the documented door.
  }
  return (await import("undici")).Pool;
}
