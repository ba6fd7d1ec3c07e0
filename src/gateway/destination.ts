import { realpath } from "node:fs/promises";
import type { Authority } from "../core/model/authority.ts";
import type { ReasonCode } from "../core/model/decision.ts";
import type { DialTarget, EgressRule } from "../core/model/policy.ts";
import { judgeAddresses } from "../core/policy/addresses.ts";
import { isOwnSocket } from "../core/policy/sockets.ts";
import { withDeadline } from "./deadline.ts";
import { describe } from "./failure.ts";
import { createNameBudget } from "./name-budget.ts";

/** All addresses of one absolute name. Rejects when there are none. */
export type Resolver = (name: string) => Promise<readonly string[]>;

/** Where to connect: an address and port, or a unix socket. Never a name. */
export type ConnectTarget =
  | { readonly kind: "tcp"; readonly address: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** A judged way to one upstream. */
export interface Destination {
  readonly authority: Authority;
  readonly scheme: "https" | "http";
  /** To be tried in this order, nothing else. Never empty. */
  readonly targets: readonly ConnectTarget[];
  /** The rule's own word on where to connect, of which `targets` is then the only one; null: the host itself. */
  readonly dial: DialTarget | null;
  /** The rule's own CA; null for the usual roots. */
  readonly caPem: string | null;
}

export type DestinationReading =
  | { readonly ok: true; readonly destination: Destination }
  | {
      readonly ok: false;
      readonly reason: ReasonCode;
      readonly address: string | null;
      readonly detail: string;
      /** The operator should be told at once. */
      readonly alert: boolean;
    };

export interface DestinationFinder {
  /** Resolves once, judges every address. `dial` and literals are judged without resolving. Never rejects. */
  find(rule: EgressRule, authority: Authority, scheme: "https" | "http"): Promise<DestinationReading>;
}

export interface FinderOptions {
  readonly resolve: Resolver;
  readonly ownAddresses: () => readonly string[];
  readonly resolveMs: number;
  readonly resolvedForMs: number;
  readonly wildcardNames: number;
  readonly wildcardMs: number;
  readonly now: () => number;
}

const CACHED_NAMES = 256;

/**
 * Finds where to connect. One lookup and its judgement hold for `resolvedForMs` under one rule of one policy version;
 * what was judged is what is dialled: a second, different answer never meets an open question (attack rows 32, 33, 35,
 * 38). The system's resolver tells no aliases, and asking a server for them would be one more query that carries the name.
 */
export function createDestinationFinder(options: FinderOptions): DestinationFinder {
  // Rules are new objects in each policy version: nothing that was judged outlives its policy.
  const judged = new WeakMap<
    EgressRule,
    Map<string, { readonly reading: DestinationReading; readonly until: number }>
  >();
  const names = createNameBudget(options.wildcardNames, options.wildcardMs, options.now);
  const lookups = new Map<string, { readonly addresses: Promise<readonly string[]>; readonly until: number }>();
  const resolve = (name: string): Promise<readonly string[]> => {
    const known = lookups.get(name);
    if (known !== undefined && known.until > options.now()) return known.addresses;
    const addresses = withDeadline(options.resolve(name), options.resolveMs, "no answer");
    addresses.catch(() => lookups.delete(name));
    if (lookups.size >= CACHED_NAMES) lookups.clear();
    lookups.set(name, { addresses, until: options.now() + options.resolvedForMs });
    return addresses;
  };
  const judge = async (
    rule: EgressRule,
    authority: Authority,
    scheme: "https" | "http",
  ): Promise<DestinationReading> => {
    const caPem = rule.dial?.caPem ?? null;
    const { dial } = rule;
    if (dial?.kind === "unix") {
      const path = await judgeSocket(dial.path);
      if (path === null) return refused("address-own", dial.path, "a socket of bot-bottle itself");
      return { ok: true, destination: { authority, scheme, targets: [{ kind: "unix", path }], dial, caPem } };
    }
    let addresses: readonly string[];
    if (dial !== null) addresses = [dial.address];
    else if (authority.kind !== "name") addresses = [authority.host];
    else {
      const budget = rule.host.startsWith("*.") ? names.take(rule.host, authority.host) : { over: false as const };
      if (budget.over) {
        const detail = `more than ${options.wildcardNames} names below ${rule.host} in ${options.wildcardMs / 60_000} minutes`;
        return refused("limit-reached", null, detail, budget.first);
      }
      try {
        addresses = await resolve(authority.host);
      } catch (error) {
        return refused("resolve-failed", null, describe(error));
      }
    }
    try {
      const judgement = judgeAddresses(rule, addresses, options.ownAddresses());
      if (!judgement.ok) {
        const { reason, address, detail } = judgement;
        return refused(reason, address, detail, reason === "address-metadata");
      }
      const port = dial?.port ?? authority.port;
      const targets = judgement.addresses.map((address) => ({ kind: "tcp", address, port }) as const);
      if (targets.length === 0) return refused("resolve-failed", null, "no address");
      return { ok: true, destination: { authority, scheme, targets, dial, caPem } };
    } catch (error) {
      return refused("internal-error", null, describe(error));
    }
  };
  return {
    find: async (rule, authority, scheme) => {
      const known = judged.get(rule)?.get(authority.host);
      if (known !== undefined && known.until > options.now()) return known.reading;
      const reading = await judge(rule, authority, scheme);
      if (reading.ok) {
        // Scheme and port are the rule's own, so the host alone tells its destinations apart.
        const places = judged.get(rule) ?? new Map();
        if (places.size >= CACHED_NAMES) places.clear();
        places.set(authority.host, { reading, until: options.now() + options.resolvedForMs });
        judged.set(rule, places);
      }
      return reading;
    },
  };
}

function refused(reason: ReasonCode, address: string | null, detail: string, alert = false): DestinationReading {
  return { ok: false, reason, address, detail, alert };
}

/** The socket's real path, or as it is named where there is none; null: one of bot-bottle itself (attack row 133). */
export async function judgeSocket(named: string): Promise<string | null> {
  // A link may have been put there since the policy was judged.
  const path = await realpath(named).catch(() => named);
  return isOwnSocket(path) ? null : path;
}

/** The system's resolver for one absolute name: the final dot keeps search domains out (attack row 39). */
export const systemResolver: Resolver = (name) =>
  new Promise((resolve, reject) => {
    // Not imported: node:dns makes a resolver of its own when it is loaded, and a start looks up no name.
    const { lookup } = process.getBuiltinModule("node:dns");
    lookup(`${name}.`, { all: true, order: "verbatim" }, (error, found) => {
      if (error !== null) reject(error);
      else resolve(found.map((entry) => entry.address));
    });
  });
