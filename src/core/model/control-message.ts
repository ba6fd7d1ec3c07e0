import type { AuditEvent } from "./audit.ts";
import type { RequestId } from "./ids.ts";
import type { Policy } from "./policy.ts";
import type { Proposal } from "./proposal.ts";

/** A service that a sidecar can run. */
export type ServiceName = "egress" | "git-gate" | "supervise";

/** Of this form of the control stream: a sidecar of another one is refused, not guessed at. */
export const CONTROL_PROTOCOL = 5;

/** A value with the name under which the log may speak of it. */
export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/** A place that a rule's `dial` names, as the operator's machine sees it. */
export type DialledPlace =
  | { readonly kind: "tcp"; readonly address: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  /** A service of the bottle's own, in the host process. */
  | { readonly kind: "service"; readonly name: HostService };

/** First path segment of a service that the host process runs for a sidecar's bottle: the git gate, supervise, the agent's hooks. */
export const HOST_SERVICES = ["git", "mcp", "hook"] as const;
export type HostService = (typeof HOST_SERVICES)[number];

/** All that a sidecar's gateway begins with, and begins with again after it died. It holds secrets: never to be logged. */
export interface ServiceStart {
  readonly type: "start";
  readonly protocol: number;
  readonly bottle: string;
  /** Addresses of the sidecar to listen on, each with all `ports`; port 0 takes any. */
  readonly listen: { readonly addresses: readonly string[]; readonly ports: readonly number[] };
  readonly policy: Policy;
  /** Values of the policy's credentials as they were read last; one that could not be read is absent. */
  readonly credentials: readonly NamedValue[];
  /** Values that nothing may carry out besides. */
  readonly known: readonly NamedValue[];
  /** The bottle's CA, the same after a restart. `key` is PKCS 8 in PEM, `endsAt` milliseconds since the epoch. */
  readonly ca: { readonly certificate: string; readonly key: string; readonly endsAt: number };
  /** Addresses of the host's interfaces, never to be dialled. */
  readonly ownAddresses: readonly string[];
  /** Is there somebody to ask? */
  readonly asks: boolean;
  /** What the host process runs for this bottle. */
  readonly services: readonly HostService[];
  /** Roots trusted besides the usual ones, in PEM; null: none. */
  readonly upstreamCaPem: string | null;
}

/** What the host process says. Requests with `seq` get one reply with the same. */
export type HostMessage =
  | ServiceStart
  | { readonly type: "policy"; readonly seq: number; readonly policy: Policy; readonly cause: string }
  /** The right to answer a request that waits. */
  | { readonly type: "claim"; readonly seq: number; readonly id: RequestId }
  | {
      readonly type: "settle";
      readonly seq: number;
      readonly id: RequestId;
      readonly answer: "once" | "granted" | "ask-denied";
    }
  | { readonly type: "put-back"; readonly id: RequestId }
  /** The no to a request is not remembered any more. */
  | { readonly type: "forgive"; readonly seq: number; readonly id: RequestId }
  /** What came of an `audit` or a `show` of the sidecar: written, or not. */
  | { readonly type: "done"; readonly seq: number; readonly ok: boolean }
  /** The value that a `secret` asked for, or why there is none. */
  | { readonly type: "secret"; readonly seq: number; readonly value: string | null; readonly why: string | null }
  /** What came of a `dial`: null, and its connection is carried from now on, or why there is none. */
  | { readonly type: "dialled"; readonly seq: number; readonly why: string | null }
  | { readonly type: "ping" }
  | { readonly type: "close" };

/** Lines that a gateway may add to the log. The host process writes the others itself. */
export type ReportedEvent = Extract<AuditEvent, { type: "decision" | "result" | "usage" | "session" }>;

/** What a sidecar says: claims, never a ground for a grant (attack row 150). Its own requests have growing numbers. */
export type SidecarMessage =
  /** It listens, on these ports. */
  | { readonly type: "ready"; readonly ports: readonly number[] }
  /** It could not begin. */
  | { readonly type: "failed"; readonly why: string }
  /** To be written before anything is dialled. */
  | { readonly type: "audit"; readonly seq: number; readonly event: ReportedEvent }
  /** A request that waits for the operator. */
  | { readonly type: "show"; readonly seq: number; readonly proposal: Proposal }
  | { readonly type: "withdraw"; readonly id: RequestId }
  /** Asks for the present value of a credential of the policy. */
  | { readonly type: "secret"; readonly seq: number; readonly credential: string }
  /** Asks for a connection from the operator's machine to a place that a rule of the policy dials; carried under this `seq`. */
  | { readonly type: "dial"; readonly seq: number; readonly place: DialledPlace }
  | { readonly type: "alert"; readonly text: string }
  /** To `policy` its version, to `settle` how many requests it answered, to `forgive` 1 or 0; null: it was refused. */
  | { readonly type: "reply"; readonly seq: number; readonly value: number | null }
  /** To `claim`. */
  | {
      readonly type: "claimed";
      readonly seq: number;
      readonly problem: "unknown" | "answered" | null;
      readonly waiting: number;
      readonly others: readonly RequestId[];
    }
  | { readonly type: "pong" }
  /** After `close`, when the last line was written. */
  | { readonly type: "closed" };
