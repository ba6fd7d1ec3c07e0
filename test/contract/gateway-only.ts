import type { ServiceWays } from "../../src/backends/backend.ts";
import { startGateway } from "../../src/gateway/gateway.ts";
import type { Cleanup } from "../../src/host/cleanup.ts";
import { startRemoteServices } from "../../src/session/remote-services.ts";
import { createMemoryAudit } from "../support/gateway/memory-audit.ts";

/**
 * The real gateway with an empty policy, in this process or in the backend's sidecar: everything is refused, nothing is
 * looked up or dialled.
 */
export function gatewayOnly(bottle: string, cleanup: Cleanup): ServiceWays {
  const start = {
    bottle,
    policy: { version: 1, rules: [], deny: [], credentials: [] },
    secrets: async () => {
      throw new Error("a bottle of a test has no credential");
    },
    ownAddresses: () => [],
    audit: createMemoryAudit(),
  };
  return {
    here: async (listener) => {
      const gateway = startGateway({ ...start, listener });
      cleanup.push("gateway", () => gateway.close());
      return { caPem: gateway.caPem };
    },
    remote: async (place) => {
      const services = await startRemoteServices(start, place);
      cleanup.push("services", () => services.close());
      return { caPem: services.caPem };
    },
  };
}
