import type { IncomingMessage } from "node:http";
import { type HeadPart, IN_PIECES, type PlacedFinding, searchHead } from "../core/leaks/head-search.ts";
import type { LeakSearch } from "../core/leaks/leak-scanner.ts";
import type { Authority } from "../core/model/authority.ts";
import type { CredentialBinding } from "../core/model/policy.ts";
import type { RequestFacts } from "../core/policy/decide.ts";
import type { HeaderPair } from "../core/wire/header-pairs.ts";
import { withoutParameter } from "../credentials/query.ts";
import { isOverwritten } from "../credentials/scheme.ts";

/** All of a head that could carry something out. A host is read without its dots too, since labels can be pieces. */
export function headParts({ authority, path, query, headers }: RequestFacts): readonly HeadPart[] {
  return [
    ...hostParts(authority),
    { where: "path", text: path },
    ...(query === null ? [] : [queryPart(query)]),
    ...headers.map(([name, value]) => ({
      where: `header ${name.toLowerCase()}`,
      text: `${name}: ${value}`,
      named: name.length,
    })),
    ...headers.filter(isCookie).map(([, text]) => ({ where: "header cookie", text, fields: true as const })),
  ];
}

/** The query for the log; null: what was found in it is cut over values, and would stand there in pieces. */
export function loggedQuery(query: string, found: readonly PlacedFinding[]): string | null {
  return found.some(({ finding, where }) => where === "query" && finding.through.includes(IN_PIECES)) ? null : query;
}

/**
 * The target of a request that is refused before its query is read, for the log. Several values are left out: nobody
 * looked at what they make together (attack row 109).
 */
export function unreadTarget(target: string): string {
  const query = target.indexOf("?");
  return query < 0 || !isFields(target.slice(query)) ? target : `${target.slice(0, query)}?[several values]`;
}

function queryPart(query: string): HeadPart {
  // Attack row 109.
  return { where: "query", text: query, ...(isFields(query) ? { fields: true } : {}) };
}

function isCookie([name, value]: HeaderPair): boolean {
  return name.toLowerCase() === "cookie" && isFields(value);
}

/** Whether there are two values at least. No expression: one with two gaps takes minutes over a head full of signs. */
function isFields(text: string): boolean {
  const first = text.indexOf("=");
  const last = text.lastIndexOf("=");
  return first < last && /[&;]/.test(text.slice(first, last));
}

/** The parts of a host in which something could be carried out by a lookup (attack row 42). */
export function hostParts({ host }: Authority): readonly HeadPart[] {
  return [host, host.replaceAll(".", "")].map((text) => ({ where: "host", text }));
}

/** A head that cannot be read, as it came. */
export function rawParts({ url = "", rawHeaders }: IncomingMessage): readonly HeadPart[] {
  return [
    { where: "target", text: url },
    { where: "headers", text: rawHeaders.join("\n") },
  ];
}

/** What was found but for what stands where the gateway writes a credential of its own: that does not leave. */
export function withoutOwnSlots(
  found: readonly PlacedFinding[],
  credentials: readonly CredentialBinding[],
  query: string | null,
  search: LeakSearch,
): readonly PlacedFinding[] {
  if (found.length === 0) return found;
  // A value that stands in another parameter as well leaves there.
  const written = credentials.flatMap(({ name, scheme }) => {
    if (scheme.kind !== "query") return [];
    const left = searchHead(search, [queryPart(withoutParameter(query ?? "", scheme.parameter).join("&"))]);
    return left.some(({ finding }) => finding.kind === "known" && finding.name === name) ? [] : [name];
  });
  return found.filter(({ finding, where }) => {
    if (finding.kind === "canary") return true;
    if (where === "query") return finding.kind !== "known" || !written.includes(finding.name);
    if (!where.startsWith("header ")) return true;
    return !credentials.some((binding) => isOverwritten(binding, where.slice("header ".length)));
  });
}
