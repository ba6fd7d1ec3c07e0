import { randomBytes } from "node:crypto";
import type { Redactor } from "../core/leaks/redactor.ts";
import type { AuditEvent, AuditSink, UsageEvent } from "../core/model/audit.ts";
import type { RequestId } from "../core/model/ids.ts";

type DecisionEvent = Extract<AuditEvent, { type: "decision" }>;
type ResultEvent = Extract<AuditEvent, { type: "result" }>;

/** Something that the operator should be told at once. Texts hold no secret. */
export interface GatewayAlert {
  readonly id: RequestId | null;
  readonly reason: string;
  readonly detail: string;
}

/** The gateway's side of the audit log. */
export interface Trail {
  nextId(): RequestId;
  /** Resolves true when the line was written; false means that nothing may be forwarded. */
  allow(event: Omit<DecisionEvent, "type" | "verdict">, hidden: Redactor | null): Promise<boolean>;
  /** As `allow`, for a request that is held. */
  ask(event: Omit<DecisionEvent, "type" | "verdict">, hidden: Redactor | null): Promise<boolean>;
  /** A denial needs no line before it is acted on. Lines of a flood are counted instead of written (attack row 130). */
  deny(event: Omit<DecisionEvent, "type" | "verdict">, hidden: Redactor | null): void;
  result(event: Omit<ResultEvent, "type">, hidden: Redactor | null): void;
  /** Goes before the result of its request. */
  usage(event: Omit<UsageEvent, "type" | "costMicros">): void;
  session(event: string, detail: string, hidden: Redactor | null): void;
  /** Tells the operator of something that has no line of its own. */
  alert(alert: GatewayAlert): void;
  policy(version: number, rules: number, cause: string): Promise<boolean>;
  /** Resolves when every line handed over so far was written or failed. */
  settled(): Promise<void>;
  readonly failures: number;
}

/** Denials written per second; the rest is counted. */
const DENIALS_PER_SECOND = 100;
/** How long an outcome may wait for company. */
const LATER_MS = 10;
const TARGET_LENGTH = 2048;
const DETAIL_LENGTH = 1024;
const WHERE_LENGTH = 100;

interface Waiting {
  readonly event: AuditEvent;
  readonly resolve: (written: boolean) => void;
}

/** Turns what happened into audit events: texts cut, known secrets and placeholders replaced by their names. */
export function createTrail(sink: AuditSink, now: () => number, onAlert: (alert: GatewayAlert) => void): Trail {
  const prefix = randomBytes(4).toString("hex");
  const idle: (() => void)[] = [];
  const queue: Waiting[] = [];
  let soon: NodeJS.Immediate | undefined;
  let later: NodeJS.Timeout | undefined;
  let open = 0;
  let count = 0;
  let failures = 0;
  let suppressed = 0;
  let second = 0;
  let written = 0;

  const failed = (error: unknown): boolean => {
    failures += 1;
    // Once per run of failures, not once per request.
    if (failures === 1) onAlert({ id: null, reason: "audit-failed", detail: messageOf(error) });
    return false;
  };
  const closeOne = (written: boolean): boolean => {
    open -= 1;
    if (open === 0) for (const wake of idle.splice(0)) wake();
    return written;
  };
  const hand = ({ event, resolve }: Waiting): void => {
    try {
      sink.append(event).then(
        () => resolve(closeOne(true)),
        (error) => resolve(closeOne(failed(error))),
      );
    } catch (error) {
      resolve(closeOne(failed(error)));
    }
  };
  const flush = () => {
    clearImmediate(soon);
    clearTimeout(later);
    soon = undefined;
    later = undefined;
    for (const one of queue.splice(0)) hand(one);
  };
  /** Events of one turn of the event loop are handed over together, so that the sink writes them together. */
  const append = (event: AuditEvent): Promise<boolean> => {
    open += 1;
    soon ??= setImmediate(flush);
    return new Promise((resolve) => queue.push({ event, resolve }));
  };
  /** Nobody waits for this one: it goes with the next event that somebody waits for, or after a moment. */
  const appendLater = (event: AuditEvent): void => {
    open += 1;
    queue.push({ event, resolve: ignore });
    if (soon === undefined) later ??= setTimeout(flush, LATER_MS);
  };
  const clean = (text: string | null, hidden: Redactor | null, length: number): string | null => {
    if (text === null) return null;
    const redacted = hidden === null ? text : hidden.redact(text);
    return redacted.length > length ? redacted.slice(0, length) : redacted;
  };
  const decision = (
    verdict: DecisionEvent["verdict"],
    { findings, ...event }: Omit<DecisionEvent, "type" | "verdict">,
    hidden: Redactor | null,
  ): DecisionEvent => ({
    type: "decision",
    verdict,
    ...event,
    target: clean(event.target, hidden, TARGET_LENGTH),
    authority: clean(event.authority, hidden, DETAIL_LENGTH),
    detail: clean(event.detail, hidden, DETAIL_LENGTH),
    ...cleanFindings(findings, hidden),
  });
  const cleanFindings = (findings: DecisionEvent["findings"], hidden: Redactor | null) => {
    if (findings === undefined || findings.length === 0) return {};
    // The name of a field is the client's to choose.
    return { findings: findings.map((one) => ({ ...one, where: clean(one.where, hidden, WHERE_LENGTH) ?? "" })) };
  };
  const mayWrite = (): boolean => {
    const present = Math.floor(now() / 1000);
    if (present !== second) {
      if (suppressed > 0) void append({ type: "session", event: "denials-suppressed", detail: `${suppressed}` });
      second = present;
      written = 0;
      suppressed = 0;
    }
    written += 1;
    if (written <= DENIALS_PER_SECOND) return true;
    suppressed += 1;
    return false;
  };
  return {
    nextId: () => {
      count += 1;
      return `${prefix}-${count.toString(36)}`;
    },
    allow: (event, hidden) => append(decision("allow", event, hidden)),
    ask: (event, hidden) => append(decision("ask", event, hidden)),
    deny: (event, hidden) => {
      const line = decision("deny", event, hidden);
      if (line.alert) onAlert({ id: line.id, reason: line.reason, detail: line.detail ?? "" });
      if (!line.alert && !mayWrite()) return;
      void append(line);
      // Handed over before the client can know.
      flush();
    },
    result: (event, hidden) => {
      const { findings, ...rest } = event;
      const error = clean(event.error, hidden, DETAIL_LENGTH);
      appendLater({ type: "result", ...rest, error, ...cleanFindings(findings, hidden) });
    },
    usage: (event) => appendLater({ type: "usage", ...event }),
    session: (event, detail, hidden) => {
      void append({ type: "session", event, detail: clean(detail, hidden, DETAIL_LENGTH) ?? "" });
    },
    alert: onAlert,
    policy: (version, rules, cause) => append({ type: "policy", version, rules, cause }),
    settled: async () => {
      flush();
      if (open > 0) await new Promise<void>((resolve) => idle.push(resolve));
      if (suppressed > 0) {
        const rest = suppressed;
        suppressed = 0;
        await append({ type: "session", event: "denials-suppressed", detail: `${rest}` });
      }
    },
    get failures() {
      return failures;
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown error";
}

function ignore(): void {}
