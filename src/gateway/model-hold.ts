import type { ServerResponse } from "node:http";
import type { ModelAccess } from "../core/model/policy.ts";
import { type Denial, denial } from "./denial.ts";
import type { GatewayLimits } from "./limits.ts";

/** Requests to models that wait until the policy opens these again. */
export interface ModelHold {
  /**
   * Waits while models are held; null: they are open again, and the request is to be judged by the policy that says so.
   * Resolves with a denial when they are closed, when it took too long, and when too many wait.
   */
  wait(response: ServerResponse): Promise<Denial | null>;
  /** A newer policy is in force. */
  review(access: ModelAccess): void;
  close(): void;
}

const LATE = "nobody said yet that it may go on";

export function createModelHold(limits: Pick<GatewayLimits, "askedRequests" | "modelHoldMs">): ModelHold {
  const waiting = new Set<(end: Denial | null) => void>();
  let closed = false;
  const wakeAll = (end: Denial | null) => {
    for (const wake of [...waiting]) wake(end);
  };
  return {
    wait: (response) => {
      if (closed) return Promise.resolve(denial("closing", null));
      if (waiting.size >= limits.askedRequests) return Promise.resolve(denial("budget-held", "too many wait already"));
      return new Promise((resolve) => {
        const wake = (end: Denial | null) => {
          waiting.delete(wake);
          clearTimeout(timer);
          response.off("close", left);
          resolve(end);
        };
        const left = () => wake(denial("ask-abandoned", "the client left while it was held"));
        const timer = setTimeout(() => wake(denial("budget-held", LATE)), limits.modelHoldMs);
        waiting.add(wake);
        response.once("close", left);
        if (response.destroyed) left();
      });
    },
    review: (access) => {
      if (access === "open") wakeAll(null);
      if (access === "closed") wakeAll(denial("budget-used", null));
    },
    close: () => {
      closed = true;
      wakeAll(denial("closing", null));
    },
  };
}
