import type { PlacedFinding } from "../core/leaks/head-search.ts";
import type { LeakVerdict } from "../core/leaks/leak-scanner.ts";
import type { RequestId } from "../core/model/ids.ts";
import type { AuditFinding, LeakFinding } from "../core/model/leak.ts";
import type { LeakTerms } from "../core/model/policy.ts";
import { describeFinding, findingTitle } from "../core/policy/finding-texts.ts";
import { judgeLeak } from "../core/policy/leaks.ts";
import type { GatewayContext } from "./context.ts";
import { type Denial, denial } from "./denial.ts";

/** Judges everything that is found in one request, and remembers it for the log. */
export interface LeakWatch {
  /** Judges what was found in the head; the denial of the worst of it, or null. */
  head(found: readonly PlacedFinding[]): Denial | null;
  /** What a scanner of the body asks, or of a message of a WebSocket. */
  body(finding: LeakFinding, where?: "body" | "message"): LeakVerdict;
  /** Why the request must end; null while nothing says so. */
  readonly denied: Denial | null;
  /** What was found so far, each once. */
  readonly findings: readonly AuditFinding[];
  /** Of these, what leaves only after a yes of the operator. */
  readonly pending: readonly AuditFinding[];
}

/** Findings of one request that are written down; more say no more. */
const LISTED = 16;
/** Tokens that the operator is told of at once; what comes after them is in the log. */
const TOLD = 256;
const NONE: readonly AuditFinding[] = Object.freeze([]);
/** Encodings of which the bytes cannot be hidden one by one. */
const PACKED: readonly string[] = ["gzip", "deflate", "br", "zstd"];

/** A watch for the request `id`, which is judged by `terms`; `holdable` when all of it can wait for the operator. */
export function createLeakWatch(
  context: Pick<GatewayContext, "told" | "trail">,
  id: RequestId,
  terms: LeakTerms,
  holdable = false,
): LeakWatch {
  // Nearly every request is clean.
  let found: Map<string, AuditFinding> | null = null;
  let denied: Denial | null = null;

  const judge = (finding: LeakFinding, where: string): LeakVerdict => {
    const maskable =
      (where === "body" || where === "message") && !finding.through.some((encoding) => PACKED.includes(encoding));
    const { verdict, reason, action } = judgeLeak(terms, finding, { maskable, holdable });
    if (action === null) return verdict;
    const { kind, name, fingerprint, through } = finding;
    const seen: AuditFinding = { kind, name, fingerprint, where, through, action };
    const key = JSON.stringify([name, fingerprint, where, action]);
    found ??= new Map();
    const findings = found;
    const unlisted = findings.size >= LISTED && !findings.has(key);
    if (!unlisted) findings.set(key, seen);
    const detail = describeFinding(seen);
    if (action === "asked") {
      if (!unlisted) return verdict;
      // What cannot be shown cannot be approved (attack row 132).
      denied ??= denial("token-in-request", "more than can be asked about", { secretType: findingTitle(finding) });
      return "stop";
    }
    const first = isNews(context.told, seen);
    if (reason === null) {
      if (first) context.trail.alert({ id, reason: action === "warned" ? "leak-warning" : "leak-masked", detail });
    } else if (denied === null || isWorse(kind, denied)) {
      const alert = kind !== "pattern" || first;
      denied = denial(reason, detail, { alert, secretType: kind === "pattern" ? findingTitle(finding) : null });
    }
    return verdict;
  };
  const listed = (): readonly AuditFinding[] => (found === null ? NONE : [...found.values()]);
  const outcome = () => (denied === null ? null : { ...denied, findings: listed() });
  return {
    head: (found) => {
      for (const { finding, where } of found) judge(finding, where);
      return outcome();
    },
    body: (finding, where = "body") => judge(finding, where),
    get denied() {
      return outcome();
    },
    get findings() {
      return listed();
    },
    get pending() {
      return found === null ? NONE : listed().filter(({ action }) => action === "asked");
    },
  };
}

/** A canary says more than a known value, and that more than what only looks like one. */
function isWorse(kind: LeakFinding["kind"], { reason }: Denial): boolean {
  if (kind === "canary") return reason !== "canary-in-request";
  return kind === "known" && reason === "token-in-request";
}

/** True when the operator was not told of it before. */
function isNews(told: Set<string>, { name, fingerprint, action }: AuditFinding): boolean {
  const key = `${name} ${fingerprint} ${action}`;
  if (told.has(key) || told.size >= TOLD) return false;
  told.add(key);
  return true;
}
