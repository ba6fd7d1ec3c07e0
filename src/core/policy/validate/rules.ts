import type { DialTarget, EgressRule } from "../../model/policy.ts";
import { readAddress } from "../../wire/ip.ts";
import { KNOWN_METHODS } from "../../wire/request-head.ts";
import { hostPatternProblem } from "../hosts.ts";
import { pathPatternProblem } from "../paths.ts";
import type { PolicyProblem } from "../policy-problem.ts";
import { isOwnSocket } from "../sockets.ts";
import { ruleLeakProblems } from "./leaks.ts";

/** Where a rule may come from that names a special address or dials elsewhere: the operator's own hand (attack row 156). */
const DELIBERATE = ["operator", "cli", "demo"];

/** What is wrong with one rule; paths are relative to it. `all` are the rules of its policy, by which its `dial` is judged. */
export function ruleProblems(rule: EgressRule, all: readonly EgressRule[]): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const say = (path: string, message: string | null): void => {
    if (message !== null) problems.push({ path, message });
  };
  if (rule.id === "") say("id", "empty");
  say("host", hostPatternProblem(rule.host));
  say("host", literalProblem(rule));
  say(
    "port",
    portProblem(rule.port) ?? (rule.port === 853 ? "DNS over TLS is never let out; the gateway looks names up" : null),
  );
  if (!["https", "http"].includes(rule.scheme)) say("scheme", "neither https nor http");
  if (!["inspect", "splice"].includes(rule.mode)) say("mode", "neither inspect nor splice");
  for (const [i, method] of (rule.methods ?? []).entries()) {
    if (!KNOWN_METHODS.includes(method)) say(`methods[${i}]`, `not one of ${KNOWN_METHODS.join(", ")}`);
  }
  for (const [i, pattern] of (rule.paths ?? []).entries()) say(`paths[${i}]`, pathPatternProblem(pattern));
  for (const [i, pattern] of (rule.terms?.except ?? []).entries())
    say(`terms.except[${i}]`, pathPatternProblem(pattern));
  if (rule.body !== null && rule.body.shape !== "anthropic-messages") say("body.shape", "unknown");
  if (rule.maxRequestBytes !== null && !(Number.isSafeInteger(rule.maxRequestBytes) && rule.maxRequestBytes >= 0)) {
    say("maxRequestBytes", "not a whole number of bytes");
  }
  if (rule.cookies !== undefined && !["drop", "pass"].includes(rule.cookies)) say("cookies", "neither drop nor pass");
  if (rule.mode === "splice") {
    if (rule.scheme !== "https") say("mode", "only https can be spliced");
    // Nothing inside a spliced tunnel is seen, so a rule that speaks of it would promise what nobody checks.
    for (const field of ["methods", "paths", "body", "maxRequestBytes"] as const) {
      if (rule[field] !== null) say(field, "cannot be judged in a spliced tunnel");
    }
    if (rule.websocket) say("websocket", "cannot be judged in a spliced tunnel");
    if (rule.cookies !== undefined) say("cookies", "cannot be judged in a spliced tunnel");
    if (rule.ask !== undefined) say("ask", "cannot be asked in a spliced tunnel");
  }
  if (rule.dial !== null) {
    if ((rule.source === "project" || rule.source === "pack") && !isOperatorsDial(rule, all))
      say("dial", "only the operator may say where to dial");
    say("dial", dialProblem(rule.dial));
  }
  return [...problems, ...ruleLeakProblems(rule)];
}

/** Where a host is dialled is a fact about the host: what the operator says of it counts for every rule (`plan/rules`). */
function isOperatorsDial({ host, port, dial }: EgressRule, all: readonly EgressRule[]): boolean {
  const same = JSON.stringify(dial);
  return all.some(
    (it) =>
      (it.source === "operator" || it.source === "demo") &&
      it.host === host &&
      it.port === port &&
      JSON.stringify(it.dial) === same,
  );
}

function literalProblem(rule: EgressRule): string | null {
  const address = readAddress(rule.host);
  if (address === null || address.class === "public") return null;
  if (address.class === "metadata") return "a cloud metadata service is never reachable";
  return DELIBERATE.includes(rule.source) ? null : `only the operator may list a ${address.class} address`;
}

function dialProblem(dial: DialTarget): string | null {
  if (dial.kind === "unix") {
    const plain = dial.path.startsWith("/") && !dial.path.includes("\0") && Buffer.byteLength(dial.path) <= 107;
    if (!plain) return "not an absolute socket path of at most 107 bytes";
    // Written in one way, so that its parts can be judged.
    if (
      dial.path
        .split("/")
        .slice(1)
        .some((part) => ["", ".", ".."].includes(part))
    )
      return "not a plain path of a socket";
    return isOwnSocket(dial.path) ? "a socket of bot-bottle itself is never dialled" : null;
  }
  const address = readAddress(dial.address);
  if (address === null) return "not a literal address";
  if (address.class === "metadata") return "a cloud metadata service is never reachable";
  return portProblem(dial.port);
}

function portProblem(port: number): string | null {
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? null : "not a port from 1 to 65535";
}
