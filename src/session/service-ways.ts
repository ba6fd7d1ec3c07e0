import type { ServiceWays } from "../backends/backend.ts";
import type { Gateway, ServiceHandler } from "../gateway/gateway.ts";
import type { Cleanup } from "../host/cleanup.ts";
import type { RequestHolder } from "./approvals.ts";
import type { Asking } from "./asking.ts";
import type { BottleGate } from "./git-gate.ts";
import type { RemoteStart } from "./remote-start.ts";
import type { BottleSupervise } from "./supervise.ts";

export interface ServiceWaysStart {
  readonly start: RemoteStart;
  /** null: the plan has no repositories. */
  readonly gate: BottleGate | null;
  /** null: the plan has no MCP server. */
  readonly supervise: BottleSupervise | null;
  /** Takes the events of the agent's hooks; null, or absent: it has none. */
  readonly hooks?: ServiceHandler | null;
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

/** Access that the agent asks for is answered by the same words; it hears of a grant when the policy with it is in force. */
function withSupervise(gateway: Answerable, { requests, policyIs, forgive }: BottleSupervise): Answerable {
  return {
    apply: async (policy, cause) => {
      const version = await gateway.apply(policy, cause);
      policyIs(policy);
      return version;
    },
    forgive: (id) => forgive(id) || (gateway.forgive?.(id) ?? false),
    claim: (id) => {
      const asked = requests.claim(id);
      return asked.ok || asked.problem === "answered" ? asked : gateway.claim(id);
    },
  };
}

/** How a bottle's services are started, wherever its backend can have them. What each needs is loaded when it is asked for. */
export function serviceWays(ways: ServiceWaysStart): ServiceWays {
  const { start, gate, supervise, hooks = null, questions, hostRootsPem, cleanup, onHere } = ways;
  const services = {
    ...(gate !== null && { git: gate.handle }),
    ...(supervise !== null && { mcp: supervise.handle }),
    ...(hooks !== null && { hook: hooks }),
  };
  const attach = (gateway: Answerable) => {
    gate?.askAt(start.desk ?? null);
    const pushed = gate === null ? gateway : withPushes(gateway, gate);
    questions.attach(supervise === null ? pushed : withSupervise(pushed, supervise), start.audit);
  };
  return {
    here: async (listener) => {
      const { startGateway } = await import("../gateway/gateway.ts");
      const gateway = startGateway({ ...start, listener, services });
      attach(gateway);
      onHere(gateway);
      return { caPem: gateway.caPem };
    },
    remote: async (place) => {
      const { startRemoteServices } = await import("./remote-services.ts");
      const remote = await startRemoteServices({ ...start, upstreamCaPem: hostRootsPem, services }, place);
      // The backend's undo of the sidecar stands before this one: the services close first.
      cleanup.push("services", () => remote.close());
      attach(remote);
      return { caPem: remote.caPem };
    },
  };
}
