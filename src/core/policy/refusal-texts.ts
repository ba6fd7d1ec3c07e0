import type { ReasonCode } from "../model/decision.ts";

/** Status and words of a refusal. */
export interface RefusalText {
  readonly status: number;
  /** What happened, as a sentence without the host. */
  readonly message: string;
  /** What the reader may do about it. */
  readonly how: string;
}

const ASK = "Work without it, or ask the operator to allow it; retrying will not help.";
const MEND = "Mend the request; retrying it unchanged will not help.";
const LATER = "Try again later.";
const OPERATOR = "Tell the operator; the audit log has the details under this request id.";

/** One text for each reason. None says what would have been allowed (attack row 136). */
export const REFUSAL_TEXTS: Readonly<Record<ReasonCode, RefusalText>> = {
  // Never sent; here so that the table is whole and an accident is still a refusal.
  allowed: { status: 500, message: "The request was refused by mistake.", how: OPERATOR },
  "host-not-listed": { status: 403, message: "This bottle has no access to this host.", how: ASK },
  "port-not-listed": { status: 403, message: "This bottle has no access to this port.", how: ASK },
  "scheme-not-listed": { status: 403, message: "This bottle has no access to this host in this way.", how: ASK },
  "method-not-listed": { status: 403, message: "This bottle may not use this method here.", how: ASK },
  "path-not-listed": { status: 403, message: "This bottle has no access to this path.", how: ASK },
  "path-ambiguous": {
    status: 403,
    message: "The path can be read in more than one way (dot segments, doubled or encoded slashes, and the like).",
    how: MEND,
  },
  "query-not-listed": { status: 403, message: "This bottle may not ask for this path with this query.", how: ASK },
  "denied-by-rule": {
    status: 403,
    message: "A rule of this bottle denies this request, whatever else is allowed.",
    how: "Work without it; retrying will not help.",
  },
  "address-not-public": { status: 403, message: "The host's address is not a public one.", how: ASK },
  "address-metadata": {
    status: 403,
    message: "Cloud metadata services are never reachable from a bottle.",
    how: "Work without it.",
  },
  "address-own": { status: 403, message: "The host's address belongs to the machine that runs this bottle.", how: ASK },
  "resolve-failed": { status: 502, message: "The host name could not be resolved.", how: LATER },
  "authority-invalid": { status: 400, message: "The host or port in the request is malformed.", how: MEND },
  "authority-mismatch": {
    status: 421,
    message: "Connection, request target and Host field do not name the same host.",
    how: MEND,
  },
  "request-malformed": { status: 400, message: "The request is not well-formed HTTP.", how: MEND },
  "method-refused": { status: 405, message: "This method is never forwarded.", how: MEND },
  "upgrade-refused": {
    // Codex falls back to plain requests at once on a 426; on a 403 it tries seven times (6 s).
    status: 426,
    message: "Protocol upgrades are not allowed here.",
    how: "Use plain HTTPS requests.",
  },
  "tls-not-seen": { status: 403, message: "This host is reachable through a TLS tunnel (CONNECT) only.", how: MEND },
  "tls-invalid": {
    status: 403,
    message: "What was sent through the tunnel is not the expected TLS handshake.",
    how: MEND,
  },
  "body-shape": {
    status: 403,
    message:
      "The request body asks for something that this bottle may not use here, such as tools, servers, files or URLs that the provider would fetch or run.",
    how: "Work without provider-side tools: fetch with your own tools, and send images and documents inline.",
  },
  "body-too-large": { status: 413, message: "The request body is too large.", how: "Send less in one request." },
  "credential-wrong-host": {
    status: 403,
    message: "The request carries a credential that does not belong to this host.",
    how: `Remove the credential. ${OPERATOR}`,
  },
  "credential-unavailable": { status: 503, message: "The credential for this host cannot be used now.", how: OPERATOR },
  "secret-in-request": {
    status: 403,
    message: "The request contains a secret.",
    how: "Remove the secret from the request.",
  },
  // The agent is told `secret-in-request` instead: a bait that gives itself away is none.
  "canary-in-request": {
    status: 403,
    message: "The request contains the bait that was placed in this bottle for who looks for credentials.",
    how: OPERATOR,
  },
  "token-in-request": {
    status: 403,
    message: "The request contains what looks like a secret.",
    how: "Take it out and send the rest; if it is none, ask the operator to allow it.",
  },
  "body-unreadable": {
    status: 415,
    message: "The request body is encoded or packed so that it cannot be searched.",
    how: "Send it as plain text.",
  },
  "foreign-credential": {
    status: 403,
    message: "The request carries a credential of its own where the bottle's is used.",
    how: "Remove the credential from the request; the right one is added outside the bottle.",
  },
  "token-minting": {
    status: 403,
    message: "The answer would hold a new token, which must not come into this bottle.",
    how: ASK,
  },
  "git-push": {
    status: 403,
    message: "Pushes and LFS uploads do not leave this way.",
    how: "Push to a repository of the git gate, by its usual URL, or ask the operator to declare it (git.repos); retrying will not help.",
  },
  "forge-write": {
    status: 403,
    message: "What changes a repository or its forge does not leave this way.",
    how: "Push to a repository of the git gate (git.repos); for what is no push ask the operator for a rule that spells this path and method out.",
  },
  "response-encoded": {
    status: 502,
    message: "The host sent an encoded response although a plain one was asked for.",
    how: OPERATOR,
  },
  "upstream-tls": { status: 502, message: "The host's TLS certificate could not be verified.", how: OPERATOR },
  "upstream-unreachable": { status: 502, message: "The host could not be reached.", how: LATER },
  "upstream-timeout": { status: 504, message: "The host did not answer in time.", how: LATER },
  "upstream-malformed": { status: 502, message: "The host's response is not well-formed HTTP.", how: OPERATOR },
  "limit-reached": {
    status: 503,
    message: "A limit of this bottle's gateway was reached.",
    how: "Use fewer connections or smaller requests, then try again.",
  },
  "policy-expired": { status: 403, message: "The permission for this request has expired.", how: ASK },
  // Never sent: what needs a yes is held.
  "ask-required": { status: 403, message: "This request needs the operator's yes.", how: ASK },
  "ask-denied": {
    status: 403,
    message: "The operator was asked and said no.",
    how: "Work without it; retrying will not help.",
  },
  "ask-timeout": {
    status: 403,
    message: "The operator was asked and did not answer in time.",
    how: "Work without it, or try again later: the operator may be away.",
  },
  "ask-abandoned": { status: 403, message: "The client left before the operator answered.", how: LATER },
  "ask-limit": { status: 403, message: "Too many requests wait for the operator.", how: LATER },
  "budget-held": {
    status: 429,
    message: "The budget of this bottle is used up, and the operator was asked whether to go on.",
    how: "Wait, and send it again: it is let through when the operator says yes.",
  },
  "budget-used": {
    status: 403,
    message: "The budget of this bottle is used up, and the operator said that no more is spent.",
    how: "Stop; retrying will not help.",
  },
  "audit-failed": { status: 503, message: "The request could not be recorded, so it was not sent.", how: OPERATOR },
  closing: { status: 503, message: "This bottle is being closed.", how: "Stop." },
  "internal-error": {
    status: 500,
    message: "The gateway failed while judging the request, so it was not sent.",
    how: OPERATOR,
  },
};
