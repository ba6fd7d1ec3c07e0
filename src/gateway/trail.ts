import { randomBytes } from "node:crypto";
import { type NeedleSet, redactText } from "../core/leaks/needles.ts";
import type { AuditEvent, AuditSink } from "../core/model/audit.ts";
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
  allow(event: Omit<DecisionEvent, "type" | "verdict">, hidden: NeedleSet | null): Promise<boolean>;
  /** A denial needs no line before it is acted on. Lines of a flood are counted instead of written (attack row 130). */
  deny(event: Omit<DecisionEvent, "type" | "verdict">, hidden: NeedleSet | null): void;
  result(event: Omit<ResultEvent, "type">, hidden: NeedleSet | null): void;
  session(event: string, detail: string, hidden: NeedleSet | null): void;
  policy(version: number, rules: number, cause: string): Promise<boolean>;
  /** Resolves when every line handed over so far was written or failed. */
  settled(): Promise<void>;
  readonly failures: number;
}

/** Denials written per second; the rest is counted. */
const DENIALS_PER_SECOND = 100;
const TARGET_LENGTH = 2048;
const DETAIL_LENGTH = 1024;

/** Turns what happened into audit events: texts cut, known secrets and placeholders replaced by their names. */
export function createTrail(sink: AuditSink, now: () => number, onAlert: (alert: GatewayAlert) => void): Trail {
  const prefix = randomBytes(4).toString("hex");
  const open = new Set<Promise<boolean>>();
  let count = 0;
  let failures = 0;
  let suppressed = 0;
  let second = 0;
  let written = 0;

  const append = (event: AuditEvent): Promise<boolean> => {
    const failed = (error: unknown) => {
      failures += 1;
      // Once per run of failures, not once per request.
      if (failures === 1) onAlert({ id: null, reason: "audit-failed", detail: messageOf(error) });
      return false;
    };
    let done: Promise<boolean>;
    try {
      done = sink.append(event).then(() => true, failed);
    } catch (error) {
      done = Promise.resolve(failed(error));
    }
    open.add(done);
    void done.finally(() => open.delete(done));
    return done;
  };
  const clean = (text: string | null, hidden: NeedleSet | null, length: number): string | null => {
    if (text === null) return null;
    const redacted = hidden === null ? text : redactText(hidden, text);
    return redacted.length > length ? redacted.slice(0, length) : redacted;
  };
  const decision = (
    verdict: DecisionEvent["verdict"],
    event: Omit<DecisionEvent, "type" | "verdict">,
    hidden: NeedleSet | null,
  ): DecisionEvent => ({
    type: "decision",
    verdict,
    ...event,
    target: clean(event.target, hidden, TARGET_LENGTH),
    authority: clean(event.authority, hidden, DETAIL_LENGTH),
    detail: clean(event.detail, hidden, DETAIL_LENGTH),
  });
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
    deny: (event, hidden) => {
      const line = decision("deny", event, hidden);
      if (line.alert) onAlert({ id: line.id, reason: line.reason, detail: line.detail ?? "" });
      if (line.alert || mayWrite()) void append(line);
    },
    result: (event, hidden) => {
      void append({ type: "result", ...event, error: clean(event.error, hidden, DETAIL_LENGTH) });
    },
    session: (event, detail, hidden) => {
      void append({ type: "session", event, detail: clean(detail, hidden, DETAIL_LENGTH) ?? "" });
    },
    policy: (version, rules, cause) => append({ type: "policy", version, rules, cause }),
    settled: async () => {
      while (open.size > 0) await Promise.all(open);
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
