import type { ServiceWays } from "../backends/backend.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Cleanup } from "../host/cleanup.ts";
import type { RequestHolder } from "./approvals.ts";
import type { Asking } from "./asking.ts";
import type { BottleGate } from "./git-gate.ts";
import type { RemoteStart } from "./remote-start.ts";

export interface ServiceWaysStart {
  readonly start: RemoteStart;
  /** null: the plan has no repositories. */
  readonly gate: BottleGate | null;
  readonly questions: Pick<Asking, "attach">;
  /** The host's root certificates: those of a sidecar's image know no corporate one. */
  readonly hostRootsPem: string;
  readonly cleanup: Cleanup;
  /** Called with the services of this process, to make them ready and to close them: their undo stands before that of the cage. */
  readonly onHere: (services: ServicesHere) => void;
}

export type ServicesHere = Pick<Gateway, "ready" | "close">;

type Answerable = RequestHolder & Pick<Gateway, "apply">;

/** Requests of the gateway and pushes of the git gate are answered by the same words. */
function withPushes(gateway: Answerable, gate: BottleGate): Answerable {
  return {
    apply: (policy, cause) => gateway.apply(policy, cause),
    // A no to a push is not remembered.
    forgive: (id) => gateway.forgive?.(id) ?? false,
    claim: (id) => {
      const push = gate.claim(id);
      return push.ok || push.problem === "answered" ? push : gateway.claim(id);
    },
  };
}

/** How a bottle's services are started, wherever its backend can have them. What each needs is loaded when it is asked for. */
export function serviceWays({ start, gate, questions, hostRootsPem, cleanup, onHere }: ServiceWaysStart): ServiceWays {
  return {
    here: async (listener) => {
      const { startGateway } = await import("../gateway/gateway.ts");
      const gateway = startGateway({ ...start, listener, ...(gate !== null && { services: { git: gate.handle } }) });
      gate?.askAt(start.desk ?? null);
      questions.attach(gate === null ? gateway : withPushes(gateway, gate), start.audit);
      onHere(gateway);
      return { caPem: gateway.caPem };
    },
    remote: async (place) => {
      const { startRemoteServices } = await import("./remote-services.ts");
      const services = await startRemoteServices(
        { ...start, upstreamCaPem: hostRootsPem, ...(gate !== null && { gate: gate.handle }) },
        place,
      );
      gate?.askAt(start.desk ?? null);
      // The backend's undo of the sidecar stands before this one: the services close first.
      cleanup.push("services", () => services.close());
      questions.attach(gate === null ? services : withPushes(services, gate), start.audit);
      return { caPem: services.caPem };
    },
  };
}
