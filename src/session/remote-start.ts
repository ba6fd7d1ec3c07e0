import type { HostService } from "../core/model/control-message.ts";
import type { GatewayStart, ServiceHandler } from "../gateway/gateway.ts";

/** As for a gateway of this process; what a sidecar cannot be given is not in it. */
export interface RemoteStart
  extends Pick<
    GatewayStart,
    "bottle" | "policy" | "secrets" | "known" | "ownAddresses" | "audit" | "onAlert" | "desk" | "upstreamCaPem"
  > {
  /** Answer what the sidecar carries to services of the host process, by first path segment. */
  readonly services?: Readonly<Partial<Record<HostService, ServiceHandler>>>;
}
