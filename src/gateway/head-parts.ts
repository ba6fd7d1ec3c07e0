import type { IncomingMessage } from "node:http";
import type { HeadPart, PlacedFinding } from "../core/leaks/head-search.ts";
import type { Authority } from "../core/model/authority.ts";
import type { CredentialBinding } from "../core/model/policy.ts";
import type { RequestFacts } from "../core/policy/decide.ts";
import { queryFields } from "../core/wire/form-fields.ts";
import { isOverwritten } from "../credentials/scheme.ts";

/** All of a head that could carry something out. A host is read without its dots too, since labels can be pieces. */
export function headParts({ authority, path, query, headers }: RequestFacts): readonly HeadPart[] {
  const values = query === null ? [] : queryFields(query).map(({ value }) => value);
  return [
    ...hostParts(authority),
    { where: "path", text: path },
    ...(query === null ? [] : [{ where: "query", text: query }]),
    // Attack row 109.
    ...(values.length < 2 ? [] : [{ where: "query", text: values.join("") }]),
    ...headers.map(([name, value]) => ({
      where: `header ${name.toLowerCase()}`,
      text: `${name}: ${value}`,
      named: name.length,
    })),
  ];
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

/** True for what stands where the gateway writes a credential of its own: it does not leave. */
export function isOwnSlot({ finding, where }: PlacedFinding, credentials: readonly CredentialBinding[]): boolean {
  if (finding.kind === "canary") return false;
  return credentials.some((binding) => {
    if (where.startsWith("header ")) return isOverwritten(binding, where.slice("header ".length));
    return where === "query" && binding.scheme.kind === "query" && finding.name === binding.name;
  });
}
