import type { Server } from "node:net";
import type { AuditSink } from "../core/model/audit.ts";
import { BottleError } from "../core/model/errors.ts";
import type { RequestId } from "../core/model/ids.ts";
import type { Policy } from "../core/model/policy.ts";
import type { Secret } from "../core/model/secret.ts";
import { unknownFormats } from "../core/policy/finding-texts.ts";
import { policyProblems } from "../core/policy/validate.ts";
import { createAlertBudget } from "./alert-budget.ts";
import { type CaIdentity, createBottleCa } from "./certificate/bottle-ca.ts";
import type { GatewayContext, ServiceHandler } from "./context.ts";
import { withDeadline } from "./deadline.ts";
import { createDestinationFinder, type Destination, type Resolver, systemResolver } from "./destination.ts";
import { type Connect, type ConnectDialled, createDialler, systemConnect } from "./dialler.ts";
import { createDripWatch } from "./drip.ts";
import { type ClaimReading, createHeldRequests, type HeldView, type ProposalDesk } from "./held.ts";
import { loadLateParts } from "./late-parts.ts";
import { DEFAULT_LIMITS, type GatewayLimits } from "./limits.ts";
import { attach } from "./listener.ts";
import { createLiveSet } from "./live.ts";
import { createModelHold } from "./model-hold.ts";
import { createRoots } from "./roots.ts";
import { createSnapshots, type SecretReader } from "./snapshot.ts";
import { createTrail, type GatewayAlert } from "./trail.ts";
import { createTurns } from "./turns.ts";
import { createUpstream } from "./upstream.ts";

export type { ServiceHandler };

/** What a gateway is made of. */
export interface GatewayStart {
  readonly bottle: string;
  /** Listening already; created inside the bottle's network namespace. The gateway closes it. */
  readonly listener: Server;
  readonly policy: Policy;
  /** Called at each use; a rejection denies what needs the credential, its message goes to the audit log. */
  readonly secrets: SecretReader;
  /** Values that nothing may carry out besides those of credentials; at least 8 bytes each. */
  readonly known?: readonly Secret[];
  /** Addresses of this machine's interfaces; they are never dialled. */
  readonly ownAddresses: () => readonly string[];
  readonly audit: AuditSink;
  readonly resolve?: Resolver;
  readonly connect?: Connect;
  /** Reaches what a rule's `dial` names, where this process is not on the machine of which it speaks. */
  readonly connectDialled?: ConnectDialled;
  /** Roots trusted besides the usual ones. */
  readonly upstreamCaPem?: string;
  readonly limits?: Partial<GatewayLimits>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** One line that the operator should see at once. */
  readonly onAlert?: (text: string) => void;
  /** Where requests that need a yes are shown; null: nobody can be asked, and they are denied. */
  readonly desk?: ProposalDesk | null;
  /** Of a bottle whose gateway begins again; absent: a new one. */
  readonly ca?: CaIdentity;
  /** Handlers of origin-form requests by first path segment. */
  readonly services?: Readonly<Record<string, ServiceHandler>>;
}

export interface GatewayStats {
  readonly policyVersion: number;
  readonly connections: number;
  readonly tunnels: number;
  readonly exchanges: number;
  readonly requests: number;
  readonly allowed: number;
  readonly denied: number;
  /** Bodies and tunnel bytes towards upstreams, and back. */
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly auditFailures: number;
}

export interface Gateway {
  /** The bottle's CA, for its trust store. */
  readonly caPem: string;
  /**
   * Puts a newer policy in force at once and cuts what it does not allow any more; resolves its version when the audit
   * line was written. Rejects with PLAN_INVALID, keeping the present policy, when it is not newer or has problems.
   */
  apply(policy: Policy, cause: string): Promise<number>;
  stats(): GatewayStats;
  /** Requests that wait for the operator. */
  held(): readonly HeldView[];
  /** Takes the right to answer one of them. */
  claim(id: RequestId): ClaimReading;
  /** As of `HeldRequests`. */
  forgive(id: RequestId): boolean;
  /**
   * Gets ready for the first request, so that nobody waits for it: resolves when all that requests need is loaded.
   * Without it the first ones take longer.
   */
  ready(): Promise<void>;
  /** Takes no more connections, cuts all there are, waits a bounded time for the last audit lines. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts the one way out of a bottle on `start.listener`. Throws PLAN_INVALID when the policy has problems (attack row
 * 23). The `policy` audit line of the first version is the caller's.
 */
export function startGateway(start: GatewayStart): Gateway {
  refuseBadPolicy(start.policy);
  const limits: GatewayLimits = { ...DEFAULT_LIMITS, ...start.limits };
  const now = start.now ?? Date.now;
  const tell = ({ reason, detail }: GatewayAlert) => start.onAlert?.(`${reason}: ${detail}`);
  const onAlert = createAlertBudget(tell, now);
  const trail = createTrail(start.audit, now, onAlert);
  const dialler = createDialler(
    start.connect ?? systemConnect,
    createRoots(start.upstreamCaPem ?? null),
    limits.connectMs,
    start.connectDialled,
  );
  const onConnected = ({ authority, scheme }: Destination, address: string) =>
    trail.session("upstream-connected", `${scheme} ${authority.host}:${authority.port} at ${address}`, null);
  const resolve = start.resolve ?? systemResolver;
  const context: GatewayContext = {
    limits,
    snapshots: createSnapshots(start.policy, start.secrets, limits.secretMs, start.known),
    trail,
    finder: createDestinationFinder({ ...limits, resolve, ownAddresses: start.ownAddresses, now }),
    dialler,
    upstream: createUpstream(dialler, limits, onConnected),
    live: createLiveSet(),
    ca: createBottleCa(start.bottle, now, start.ca),
    services: new Map(Object.entries(start.services ?? {})),
    counters: { requests: 0, allowed: 0, denied: 0, bytesOut: 0, bytesIn: 0 },
    told: new Set(),
    drip: createDripWatch(),
    held: { bytes: 0 },
    asks: createHeldRequests(limits, start.desk ?? null, now),
    models: createModelHold(limits),
    turns: createTurns(),
    now,
  };
  const unknown = unknownFormats(start.policy.leaks?.ignore ?? []);
  if (unknown.length > 0) {
    const detail = `egress.leaks.ignore names no token format: ${unknown.join(", ")}`;
    onAlert({ id: null, reason: "leak-format-unknown", detail });
  }
  const attached = attach(context, start.listener);
  let version = start.policy.version;
  let closing: Promise<void> | null = null;

  const close = async () => {
    context.asks.close();
    context.models.close();
    context.live.cutAll();
    attached.close();
    const ended = async () => {
      await context.upstream.close();
      await trail.settled();
    };
    await withDeadline(ended(), limits.closeMs, "the gateway did not close").catch((error: Error) =>
      onAlert({ id: null, reason: "closing", detail: error.message }),
    );
  };
  return {
    caPem: context.ca.caPem,
    apply: async (policy, cause) => {
      refuseBadPolicy(policy);
      if (policy.version <= version) {
        throw new BottleError("PLAN_INVALID", `policy version ${policy.version} is not newer than ${version}`);
      }
      version = policy.version;
      context.snapshots.replace(policy);
      context.live.review(context.snapshots.latest());
      context.upstream.retire(version);
      context.models.review(policy.models ?? "open");
      await trail.policy(version, policy.rules.length, cause);
      return version;
    },
    stats: () => ({
      policyVersion: version,
      connections: attached.connections,
      tunnels: context.live.tunnels,
      exchanges: context.live.exchanges,
      ...context.counters,
      auditFailures: trail.failures,
    }),
    held: () => context.asks.list(),
    claim: (id) => context.asks.claim(id),
    forgive: (id) => context.asks.forgive(id),
    ready: async () => {
      await context.snapshots.current();
      await loadLateParts();
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function refuseBadPolicy(policy: Policy): void {
  const problems = policyProblems(policy);
  const [first] = problems;
  if (first === undefined) return;
  throw new BottleError("PLAN_INVALID", `the policy has problems: ${first.path}: ${first.message}`, {
    hint: "mend the rule or credential that is named; nothing was changed",
    facts: { problems },
  });
}
