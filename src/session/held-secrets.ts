import { BottleError } from "../core/model/errors.ts";
import type { SecretRef } from "../core/model/plan.ts";
import type { Secret } from "../core/model/secret.ts";
import { readSecret } from "../host/secrets.ts";

/** The credentials of one bottle, in memory of its host process only. */
export interface HeldSecrets {
  /**
   * The value to write into a request now: at once while it is fresh, else its source is read again. Rejects with
   * SECRET_UNRESOLVED.
   */
  read(credential: string): Secret | Promise<Secret>;
  /** Every value seen so far, old ones too: what must not be found inside. */
  known(): readonly Secret[];
}

/** How long a value that came from a file or a command is used before its source is read again. */
const FRESH_MS = 30_000;

/**
 * Reads every credential once, so that a missing or expired one stops the start and not the first request. All that
 * cannot be read is said at once, together with what else is known to be `missing`.
 */
export async function holdSecrets(
  refs: readonly SecretRef[],
  env: Readonly<Record<string, string | undefined>>,
  missing: readonly BottleError[] = [],
): Promise<HeldSecrets> {
  const current = new Map<string, { secret: Secret; until: number }>();
  const seen = new Map<string, Secret>();
  const load = async (ref: SecretRef): Promise<Secret> => {
    const secret = await readSecret(ref, env);
    // A variable of this process cannot change; files and commands can.
    const until = ref.source.kind === "env" ? Number.POSITIVE_INFINITY : performance.now() + FRESH_MS;
    current.set(ref.credential, { secret, until });
    seen.set(secret.reveal(), secret);
    return secret;
  };
  const failures = (await Promise.allSettled(refs.map(load))).flatMap((result) =>
    result.status === "rejected" ? [result.reason as unknown] : [],
  );
  const all = [...failures, ...missing];
  if (all.length > 0) throw together(all);
  return {
    read(credential) {
      const held = current.get(credential);
      if (held !== undefined && performance.now() < held.until) return held.secret;
      const ref = refs.find((candidate) => candidate.credential === credential);
      if (ref !== undefined) return load(ref);
      return Promise.reject(new BottleError("SECRET_UNRESOLVED", `no source is known for credential ${credential}`));
    },
    known: () => [...seen.values()],
  };
}

/** One error that says what all of them say; what is no error of ours goes first, as it is. */
function together(errors: readonly unknown[]): unknown {
  const ours = errors.filter((error) => error instanceof BottleError);
  if (ours.length < errors.length) return errors.find((error) => !(error instanceof BottleError));
  if (ours.length === 1) return ours[0];
  const lines = ours.map(({ message, hint }) => `  ${message}${hint === undefined ? "" : ` (${hint})`}`);
  return new BottleError("SECRET_UNRESOLVED", ["these values are missing:", ...lines].join("\n"));
}
