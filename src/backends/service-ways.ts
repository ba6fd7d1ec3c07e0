import type { Server } from "node:net";
import { BottleError } from "../core/model/errors.ts";
import type { Services, ServiceWays } from "./backend.ts";

/** For callers that can only serve in this process, such as a probe. The other way is INVARIANT. */
export function onlyHere(here: (listener: Server) => Promise<Services>): ServiceWays {
  const remote = async (): Promise<never> => {
    throw new BottleError("INVARIANT", "services in a sidecar were asked of a caller that has none");
  };
  return { here, remote };
}
