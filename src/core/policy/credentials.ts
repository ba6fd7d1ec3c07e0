import { compileNeedles, namesIn } from "../leaks/needles.ts";
import type { Authority } from "../model/authority.ts";
import { BottleError } from "../model/errors.ts";
import type { CredentialBinding, EgressRule, Policy } from "../model/policy.ts";
import type { Secret } from "../model/secret.ts";
import { queryFields } from "../wire/form-fields.ts";
import { type HeaderPair, headerValues } from "../wire/header-pairs.ts";
import { isLoginParameter, isLoginProtocol } from "../wire/login-names.ts";
import { hostMatches, splitHostPort } from "./hosts.ts";

/** A placeholder or a real secret found in a request head where it does not belong. */
export interface MisplacedCredential {
  readonly name: string;
  readonly kind: "placeholder" | "secret";
  readonly where: "host" | "target" | "headers";
}

/** The parts of a request head in which credentials are looked for. A CONNECT has neither target nor headers. */
export interface GuardedHead {
  readonly scheme: "https" | "http";
  readonly authority: Authority;
  readonly target: string;
  readonly headers: readonly HeaderPair[];
}

/** Knows all placeholders and secrets of a policy, in all their encoded forms. Built once per policy version. */
export interface CredentialGuard {
  /**
   * The first credential found in this head although this authority is not one of its hosts; null when there is none.
   * In the host name itself it is misplaced everywhere. Attack rows 88, 92, 105.
   */
  findMisplaced(head: GuardedHead): MisplacedCredential | null;
}

/** How often a target is percent-decoded before it is searched: forms within forms, within reason (attack row 106). */
const DECODE_DEPTH = 3;

/**
 * Builds the guard. `secrets` by credential name; may be empty where no values are known (`bottle why`). Throws
 * INVARIANT for a placeholder or secret that is too short to be searched: `policyProblems` names it before.
 */
export function createCredentialGuard(policy: Policy, secrets: ReadonlyMap<string, Secret>): CredentialGuard {
  const placeholders = policy.credentials.map(({ name, placeholder }) => ({
    name: `placeholder ${name}`,
    value: placeholder,
  }));
  const values = [...secrets].map(([name, value]) => ({ name: `secret ${name}`, value }));
  const reading = compileNeedles([...placeholders, ...values]);
  if (!reading.ok) {
    throw new BottleError("INVARIANT", `credentials too short to be guarded: ${reading.tooShort.join(", ")}`, {
      hint: "use values of at least 8 bytes",
    });
  }
  const { set } = reading;
  const bindings = new Map(policy.credentials.map((binding) => [binding.name, binding]));
  return {
    findMisplaced({ scheme, authority, target, headers }) {
      if (set.names.length === 0) return null;
      const host = authority.host;
      const decoded = decodings(target).join("\n");
      const fields = {
        where: "headers",
        text: headers.map(([name, value]) => `${name}: ${value}`).join("\n"),
      } as const;
      // Where a placeholder belongs it stands in a field: nearly always the rest is clean, which one look tells.
      const clean = namesIn(set, `${host}\n${decoded}`).length === 0;
      const parts = clean
        ? [fields]
        : ([{ where: "host", text: host }, { where: "target", text: decoded }, fields] as const);
      for (const { where, text } of parts) {
        for (const found of namesIn(set, text)) {
          const kind = found.startsWith("secret ") ? "secret" : "placeholder";
          const name = found.slice(kind.length + 1);
          const binding = bindings.get(name);
          const atHome = where !== "host" && binding !== undefined && credentialApplies(binding, scheme, authority);
          if (!atHome) return { name, kind, where };
        }
      }
      return null;
    },
  };
}

/** True when the credential may be written at this authority: a host and port of its own, over https only (attack row 96). */
export function credentialApplies(binding: CredentialBinding, scheme: "https" | "http", authority: Authority): boolean {
  if (scheme !== "https") return false;
  return placesOf(binding).some(({ host, port }) => port === authority.port && hostMatches(host, authority));
}

const places = new WeakMap<CredentialBinding, readonly { readonly host: string; readonly port: number }[]>();

/** A binding's hosts, read once: it is asked for every request. */
function placesOf(binding: CredentialBinding): readonly { readonly host: string; readonly port: number }[] {
  let known = places.get(binding);
  if (known === undefined) {
    known = binding.hosts.map(splitHostPort).filter((place) => place !== null);
    places.set(binding, known);
  }
  return known;
}

/** The credentials to write into a request that this rule allowed: none but over inspected https. */
export function credentialsFor(policy: Policy, rule: EgressRule, authority: Authority): readonly CredentialBinding[] {
  if (rule.scheme !== "https" || rule.mode !== "inspect") return [];
  return policy.credentials.filter((binding) => credentialApplies(binding, "https", authority));
}

/** Name of the first query parameter that carries a credential which is not ours to write, and would name another account; null when there is none (attack row 99). */
export function foreignToken(query: string | null, bindings: readonly CredentialBinding[]): string | null {
  if (query === null || bindings.length === 0) return null;
  const own = new Set(
    bindings.flatMap(({ scheme }) => (scheme.kind === "query" ? [scheme.parameter.toLowerCase()] : [])),
  );
  // The writer of our own removes exactly these spellings; any other is somebody else's.
  const names = queryFields(query).map(({ name }) => name.trim().toLowerCase());
  return names.find((name) => isLoginParameter(name) && !own.has(name)) ?? null;
}

/** True when the subprotocols of a WebSocket carry a login; where ours is written it would name another account (attack row 99). */
export function bringsForeignProtocol(headers: readonly HeaderPair[], bindings: readonly CredentialBinding[]): boolean {
  if (bindings.length === 0) return false;
  const names = headerValues(headers, "sec-websocket-protocol").flatMap((value) => value.split(","));
  return names.some((name) => isLoginProtocol(name.trim()));
}

/** The text and what percent-decoding makes of it, until it no longer changes. */
function decodings(text: string): readonly string[] {
  if (!text.includes("%")) return [text];
  const all = [text];
  for (let i = 0; i < DECODE_DEPTH; i++) {
    const last = all.at(-1) ?? "";
    const decoded = last.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded === last) break;
    all.push(decoded);
  }
  return all;
}
