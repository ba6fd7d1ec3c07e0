import type { DripTerms } from "../core/leaks/drip-window.ts";
import { type LeakSearch, searchText } from "../core/leaks/leak-scanner.ts";
import type { NeedleSet } from "../core/leaks/needles.ts";
import { compileMiddles, compileNeedles, type Needle } from "../core/leaks/needles.ts";
import { createRedactor, type Redactor } from "../core/leaks/redactor.ts";
import type { EgressRule, LeakTerms, Policy } from "../core/model/policy.ts";
import { Secret } from "../core/model/secret.ts";
import { type CredentialGuard, createCredentialGuard } from "../core/policy/credentials.ts";
import { leakTerms } from "../core/policy/leaks.ts";
import { credentialFields } from "../credentials/scheme.ts";
import { withDeadline } from "./deadline.ts";

/**
 * Reads a credential's value where it lives on the host, at once where it is known. Rejects when there is none, with a
 * message for the operator.
 */
export type SecretReader = (credential: string) => Secret | Promise<Secret>;

/** Everything that judging one request needs: one policy version and the secret values as they are now. */
export interface Snapshot {
  readonly policy: Policy;
  readonly guard: CredentialGuard;
  /** Fields that the gateway writes itself, lower case. */
  readonly guarded: ReadonlySet<string>;
  /** Every value of a credential, of old readings too; null when there is none. */
  readonly secrets: NeedleSet | null;
  /** All that requests are searched for. */
  readonly search: LeakSearch;
  /** What they are searched for together, a piece in each. */
  readonly drip: DripTerms;
  /** Takes out what the audit log must not show. */
  readonly hidden: Redactor;
  /** What counts for a request by this rule; null: for one that no rule allows. */
  leakTerms(rule: EgressRule | null): LeakTerms;
  /** The value of a credential, or why there is none (for the operator only). */
  value(credential: string): Secret | { readonly missing: string };
}

export interface Snapshots {
  /** The present policy with values read just now. Rejects only when bot-bottle itself is wrong. */
  current(): Snapshot | Promise<Snapshot>;
  /** The present policy with the values of the last reading, for what must not wait. */
  latest(): Snapshot;
  /** Replaces the policy at once. */
  replace(policy: Policy): void;
}

/** Values of one credential that are still searched after it was renewed. */
const REMEMBERED = 4;

/**
 * Keeps policy and secret values together. Values are read at each use, so that a renewed login is picked up, but guard
 * and needles are compiled only when something changed. A reading that takes longer than `limitMs` counts as failed.
 * `known` are values that are never written, only searched for.
 */
export function createSnapshots(
  policy: Policy,
  read: SecretReader,
  limitMs: number,
  known: readonly Secret[] = [],
): Snapshots {
  const values = new Map<string, readonly Secret[]>();
  const missing = new Map<string, string>();
  const pending = new Map<string, Promise<void>>();
  let snapshot: Snapshot | null = null;
  let present = policy;

  const take = (name: string, secret: Secret): void => {
    const known = values.get(name) ?? [];
    if (known[0]?.reveal() === secret.reveal()) {
      if (missing.delete(name)) snapshot = null;
      return;
    }
    const tooShort = compileNeedles([{ name, value: secret }]).ok === false;
    if (tooShort) throw new Error("the value is too short to be kept apart from ordinary text");
    values.set(name, [secret, ...known.filter((old) => old.reveal() !== secret.reveal())].slice(0, REMEMBERED));
    missing.delete(name);
    snapshot = null;
  };
  const fail = (name: string, error: unknown): void => {
    const why = error instanceof Error ? hintOf(error) : "it could not be read";
    if (missing.get(name) !== why) snapshot = null;
    missing.set(name, why);
  };
  /** Null when it was read at once. */
  const refresh = (name: string): Promise<void> | null => {
    const running = pending.get(name);
    if (running !== undefined) return running;
    try {
      const answer = read(name);
      if (!(answer instanceof Secret)) {
        const reading = withDeadline(answer, limitMs, "it could not be read")
          .then((secret) => take(name, secret))
          .catch((error: unknown) => fail(name, error))
          .finally(() => pending.delete(name));
        pending.set(name, reading);
        return reading;
      }
      take(name, answer);
    } catch (error) {
      fail(name, error);
    }
    return null;
  };
  const latest = () => {
    snapshot ??= build(present, values, missing, known);
    return snapshot;
  };
  return {
    latest,
    current: () => {
      const readings = present.credentials.map(({ name }) => refresh(name)).filter((reading) => reading !== null);
      return readings.length === 0 ? latest() : Promise.all(readings).then(latest);
    },
    replace: (next) => {
      present = next;
      snapshot = null;
    },
  };
}

function build(
  policy: Policy,
  values: ReadonlyMap<string, readonly Secret[]>,
  missing: ReadonlyMap<string, string>,
  known: readonly Secret[],
): Snapshot {
  const now = new Map<string, Secret>();
  for (const credential of policy.credentials) {
    const secret = values.get(credential.name)?.[0];
    if (secret !== undefined) now.set(credential.name, secret);
  }
  // Values of credentials that a later policy dropped stay secret.
  const secrets: Needle[] = [...values].flatMap(([name, all]) => all.map((value) => ({ name, value })));
  const placeholders: Needle[] = policy.credentials.map((credential) => ({
    name: `placeholder ${credential.name}`,
    value: credential.placeholder,
  }));
  const watched: Needle[] = known.map((value) => ({ name: value.name, value }));
  const canaries: Needle[] = (policy.canaries ?? []).flatMap(({ name, values: baits }) =>
    baits.map((value) => ({ name, value })),
  );
  const level = policy.leaks?.level ?? "default";
  const tokens: LeakSearch = { known: null, canaries: null, patterns: true, level };
  // A placeholder has the shape of a token, and is none.
  const stands = policy.credentials.flatMap(({ placeholder }) =>
    searchText(tokens, placeholder).flatMap(({ fingerprint }) => fingerprint ?? []),
  );
  const why = new Map(missing);
  return {
    policy,
    guard: createCredentialGuard(policy, now),
    guarded: credentialFields(policy.credentials),
    secrets: needles(secrets),
    search: { known: needles([...secrets, ...watched]), canaries: needles(canaries), patterns: true, level },
    drip: { known: compileMiddles([...secrets, ...watched]), canaries: compileMiddles(canaries) },
    hidden: createRedactor(needles([...secrets, ...watched, ...canaries, ...placeholders]), level),
    leakTerms: (rule) => {
      const terms = leakTerms(policy, rule);
      return stands.length === 0 ? terms : { ...terms, allow: [...terms.allow, ...stands] };
    },
    value: (name) => {
      const secret = now.get(name);
      const gone = why.get(name);
      if (secret === undefined || gone !== undefined) return { missing: gone ?? "it was never read" };
      return secret;
    },
  };
}

function needles(list: readonly Needle[]): NeedleSet | null {
  if (list.length === 0) return null;
  const reading = compileNeedles(list);
  if (reading.ok) return reading.set;
  // Values were measured when they were read, so only a placeholder can be too short: it is no secret.
  const tooShort = new Set(reading.tooShort);
  return needles(list.filter((needle) => !tooShort.has(needle.name)));
}

function hintOf(error: Error): string {
  const hint: unknown = Reflect.get(error, "hint");
  return typeof hint === "string" ? `${error.message} (${hint})` : error.message;
}
