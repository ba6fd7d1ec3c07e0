import type { Policy } from "../model/policy.ts";
import { hostMatches } from "../policy/hosts.ts";
import { parseAuthority } from "../wire/authority.ts";
import { readAddress } from "../wire/ip.ts";
import { lookAlike } from "./look-alike.ts";
import type { Reach } from "./reach.ts";

/** Why an item needs a second look. */
export const FLAG_CODES = [
  "wildcard",
  "private-address",
  "first-use",
  "new-host-write",
  "look-alike",
  "secret-found",
  "plain-http",
] as const;
export type FlagCode = (typeof FLAG_CODES)[number];

export interface Flag {
  readonly code: FlagCode;
  /** In our own words; names in it are as they came. */
  readonly text: string;
  /** A yes must say that it knows: by the last label of the host on a terminal, by `--accept` elsewhere. */
  readonly stops: boolean;
}

/** What flags are about, beside the rule itself. */
export interface FlagFacts {
  /** Credentials that would be written for the first time. */
  readonly firstUse: readonly string[];
  /** What looks like a secret in it. */
  readonly findings: number;
  /** It goes by the git gate: its server and its credential are those of the manifest. */
  readonly push: boolean;
}

/** Names of clouds' metadata services, and of places that are never public. */
const METADATA = ["metadata", "metadata.google.internal", "instance-data", "metadata.azure.internal"];
const PRIVATE = ["localhost", "local", "internal", "lan", "home", "corp", "intranet"];

const READING = ["GET", "HEAD", "OPTIONS"];

/** The risks of one rule under a policy, always in the same order. Pure. */
export function flagsOf(reach: Reach, policy: Pick<Policy, "rules" | "grants">, facts: FlagFacts): readonly Flag[] {
  const reading = parseAuthority(reach.authority, null);
  const host = reading.ok ? reading.authority.host : reach.authority;
  const known = [
    ...policy.rules.map((rule) => rule.host),
    ...(policy.grants ?? []).map(({ authority }) => authority.replace(/:\d+$/, "")),
  ];
  const name = { host, kind: "name", port: 0 } as const;
  const isNew = !known.some((pattern) => hostMatches(pattern, name));
  const like = facts.push || !reading.ok || reading.authority.kind !== "name" ? null : lookAlike(host, known);
  const flags: readonly (Flag | null)[] = [
    reach.pattern && reach.path.split("/").includes("*") ? flag("wildcard", `any path that fits ${reach.path}`) : null,
    !facts.push && isPrivate(host) ? flag("private-address", `${host} is not on the public internet`) : null,
    !facts.push && facts.firstUse.length > 0
      ? flag("first-use", `writes a credential for the first time: ${facts.firstUse.join(", ")}`)
      : null,
    !facts.push && isNew && !READING.includes(reach.method)
      ? flag("new-host-write", `sends data to ${host}, which no rule lists`)
      : null,
    like === null ? null : flag("look-alike", `${host} ${like}`),
    facts.findings > 0 ? flag("secret-found", "holds what looks like a secret") : null,
    reach.scheme === "http" ? { ...flag("plain-http", "is not encrypted on its way"), stops: false } : null,
  ];
  return flags.filter((it) => it !== null);
}

/** Flags that a yes has to name, and did not. */
export function unaccepted(flags: readonly Flag[], accepted: readonly string[]): readonly Flag[] {
  return flags.filter(({ code, stops }) => stops && !accepted.includes(code));
}

function flag(code: FlagCode, text: string): Flag {
  return { code, text, stops: true };
}

function isPrivate(host: string): boolean {
  const address = readAddress(host);
  if (address !== null) return address.class !== "public";
  return METADATA.includes(host) || PRIVATE.includes(host.split(".").at(-1) ?? "");
}

/** The word that a person types to accept flags: the last label of the host, which says whose it is. */
export function lastLabel(authority: string): string {
  const host = authority.replace(/:\d+$/, "");
  return readAddress(host.replace(/^\[|\]$/g, "")) === null ? (host.split(".").at(-1) ?? host) : host;
}
