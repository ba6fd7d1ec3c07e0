import type { GatewayStart, ServiceHandler } from "../gateway/gateway.ts";

/** As for a gateway of this process; what a sidecar cannot be given is not in it. */
export interface RemoteStart
  extends Pick<
    GatewayStart,
    "bottle" | "policy" | "secrets" | "known" | "ownAddresses" | "audit" | "onAlert" | "desk" | "upstreamCaPem"
  > {
  /** Answers what the sidecar carries to the bottle's git gate; absent: it has none. */
  readonly gate?: ServiceHandler;
}
