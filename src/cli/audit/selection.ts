import type { AuditEvent } from "../../core/model/audit.ts";
import { BottleError } from "../../core/model/errors.ts";
import { canonicalHostPattern, hostMatches } from "../../core/policy/hosts.ts";
import { parseAuthority } from "../../core/wire/authority.ts";
import type { AuditLine } from "../../state/audit-format.ts";

/** Which lines are wanted. */
export interface Wanted {
  /** `HOST`, `*.HOST` (every name below it) or an address, each with `:PORT` optional. */
  readonly host: string | undefined;
  readonly denied: boolean;
  /** A time (`2026-01-31T10:00:00Z`) or an age (`90s`, `10m`, `2h`, `1d`). */
  readonly since: string | undefined;
}

/**
 * True for each line that is wanted, to be asked in the order of the log: the outcome of a request goes with its
 * decision. Lines that are about no host are shown only where no host is asked for. Errors: USAGE.
 */
export function selection({ host, denied, since }: Wanted, now: number): (line: AuditLine) => boolean {
  const fits = host === undefined ? null : hostTest(host);
  const from = since === undefined ? null : startOf(since, now);
  /** Requests at the host whose outcome is still to come. */
  const followed = new Set<string>();
  const ofHost = (event: AuditEvent): boolean => {
    if (fits === null) return true;
    if (event.type === "result") return followed.delete(event.id);
    if (event.type === "answer" || event.type === "usage") return followed.has(event.id);
    if (event.type !== "decision" || !fits(event.authority)) return false;
    if (event.verdict !== "deny") followed.add(event.id);
    return true;
  };
  return ({ time, event }) => {
    const here = ofHost(event);
    if (denied && !((event.type === "decision" || event.type === "git") && event.verdict === "deny")) return false;
    return here && (from === null || Date.parse(time) >= from);
  };
}

function hostTest(pattern: string): (authority: string | null) => boolean {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::([1-9]\d{0,4}))?$/.exec(pattern) ?? [];
  const host = canonicalHostPattern(bracketed ?? plain ?? pattern);
  if (host === null) {
    throw new BottleError("USAGE", `${JSON.stringify(pattern)} is no host`, {
      hint: "--host api.example.com, --host '*.example.com' or --host api.example.com:443",
    });
  }
  return (authority) => {
    const reading = authority === null ? null : parseAuthority(authority, 443);
    if (reading?.ok !== true) return false;
    return hostMatches(host, reading.authority) && (port === undefined || Number(port) === reading.authority.port);
  };
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function startOf(since: string, now: number): number {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(since) ?? [];
  if (count !== undefined) return now - Number(count) * (UNITS[unit] ?? 0);
  // Date.parse alone takes almost any text for a time of some year.
  const time = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(since)
    ? Date.parse(since)
    : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new BottleError("USAGE", `${JSON.stringify(since)} is neither an age nor a time`, {
    hint: "--since 10m, --since 2h or --since 2026-01-31T10:00:00Z",
  });
}
