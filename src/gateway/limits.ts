/** Every bound of one gateway. Times in milliseconds, sizes in bytes. */
export interface GatewayLimits {
  /** Client connections at once; more are answered 503 and closed (attack row 125). */
  readonly connections: number;
  /** Requests being forwarded at once; more are answered 503. */
  readonly requests: number;
  /** Requests of one connection that wait for their answers; beyond, the connection is read no further (attack row 125). */
  readonly pipelined: number;
  /** Tunnels at once, spliced, inspected and upgraded together; more are answered 503. */
  readonly tunnels: number;
  /** Request line and headers together; more is answered 431 (attack row 122). */
  readonly headBytes: number;
  /** Header fields; Node would cut silently (attack row 49). */
  readonly headFields: number;
  /** From the first byte of a connection or request to the end of its head (attack row 121). */
  readonly headMs: number;
  /** Reading a credential where it lives on the host. */
  readonly secretMs: number;
  /** From CONNECT to the end of the TLS handshake on the bottle's side (attack row 59). */
  readonly handshakeMs: number;
  /** Nothing moved on a connection that waits for the client. */
  readonly idleMs: number;
  /** Nothing moved in a tunnel or WebSocket in either direction. */
  readonly tunnelIdleMs: number;
  /** Greatest request body where the rule sets none. */
  readonly requestBytes: number;
  /** Greatest request body that is read whole because a body rule judges it. */
  readonly judgedBytes: number;
  /** Bodies of a bottle together, counted when each has ended; what comes then is refused (attack row 123). */
  readonly bytesOut: number;
  /** Different names looked up below one wildcard within `wildcardMs` (attack row 42). */
  readonly wildcardNames: number;
  readonly wildcardMs: number;
  /** Requests that wait for the operator at once, identical ones counted each; more are denied (attack row 132). */
  readonly askedRequests: number;
  /** Greatest body of such a request: it is read, searched and hashed before it is shown. */
  readonly askedBytes: number;
  /** Questions to the operator in a minute; more are denied. */
  readonly askedPerMinute: number;
  /** How long a request to a model waits where the bottle's budget is used up. */
  readonly modelHoldMs: number;
  readonly resolveMs: number;
  readonly connectMs: number;
  /** How long judged answers of the resolver are used again; the dialled address stays pinned. */
  readonly resolvedForMs: number;
  /** From the end of the request to the head of the response: a model may think for long. */
  readonly responseHeadMs: number;
  /** Between two pieces of a response body. */
  readonly responseIdleMs: number;
  /** Connections to one upstream host at once. */
  readonly upstreamConnections: number;
  /** How long an upstream connection is kept without a request. */
  readonly upstreamIdleMs: number;
  /** How long `close` waits for connections to end before it destroys them. */
  readonly closeMs: number;
}

export const DEFAULT_LIMITS: GatewayLimits = {
  connections: 512,
  requests: 1024,
  pipelined: 16,
  tunnels: 256,
  headBytes: 16 * 1024,
  headFields: 100,
  headMs: 10_000,
  secretMs: 10_000,
  handshakeMs: 10_000,
  idleMs: 120_000,
  tunnelIdleMs: 10 * 60_000,
  requestBytes: 512 * 1024 * 1024,
  judgedBytes: 32 * 1024 * 1024,
  bytesOut: 64 * 1024 * 1024 * 1024,
  wildcardNames: 100,
  wildcardMs: 60 * 60_000,
  askedRequests: 32,
  askedBytes: 1024 * 1024,
  askedPerMinute: 60,
  modelHoldMs: 60_000,
  resolveMs: 5_000,
  connectMs: 10_000,
  resolvedForMs: 5_000,
  responseHeadMs: 10 * 60_000,
  responseIdleMs: 5 * 60_000,
  upstreamConnections: 64,
  upstreamIdleMs: 4_000,
  closeMs: 2_000,
};
