import { BottleError } from "../core/model/errors.ts";
import type { Grant, GrantId } from "../core/model/grant.ts";
import type { ModelAccess, Policy } from "../core/model/policy.ts";
import { GRANT_LIMIT, isLive } from "../core/policy/grants.ts";

/** The one writer of a bottle's policy (attack row 148). */
export interface PolicyWriter {
  /** What is granted now. */
  grants(): readonly Grant[];
  readonly version: number;
  /** In force now. */
  readonly policy: Policy;
  /** Puts a grant in force; resolves the version with it. Whatever fails, every grant is gone after it. */
  add(grant: Grant): Promise<number>;
  /** Takes a grant away at once; resolves the version without it. Errors: GRANT_NOT_FOUND. */
  revoke(id: GrantId): Promise<number>;
  /** Says what becomes of requests to models; resolves the version that says so. Whatever opens them is on disk first. */
  models(access: ModelAccess): Promise<number>;
  /** Lets grants end no more; waits for what goes on. */
  close(): Promise<void>;
}

export interface PolicyWriterStart {
  /** In force already. */
  readonly policy: Policy;
  readonly write: (policy: Policy) => Promise<void>;
  readonly apply: (policy: Policy, cause: string) => Promise<number>;
  readonly say: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Changes go one after the other. One that gives is on disk before it is in force, one that takes is in force before it
 * is on disk: a full disk blocks no revoke. Grants that end are taken out, which cuts what only they allowed.
 */
export function createPolicyWriter({ policy, write, apply, say, now = Date.now }: PolicyWriterStart): PolicyWriter {
  let present = policy;
  /** Also counts what failed: a version never stands for two policies. */
  let version = policy.version;
  let last: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let models = policy.models;

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.then(schedule, schedule);
    return mine;
  };
  const live = () => (present.grants ?? []).filter((grant) => isLive(grant, now()));
  const next = (grants: readonly Grant[]): Policy => {
    version += 1;
    return { ...policy, version, grants, ...(models === undefined ? {} : { models }) };
  };
  const give = async (grants: readonly Grant[], cause: string, undo = () => {}): Promise<number> => {
    const wider = next(grants);
    try {
      await write(wider);
      await apply(wider, cause);
      present = wider;
      return wider.version;
    } catch (error) {
      undo();
      await take([], "a reload failed: every grant is dropped");
      throw error;
    }
  };
  const take = async (grants: readonly Grant[], cause: string): Promise<number> => {
    const narrower = next(grants);
    await apply(narrower, cause);
    present = narrower;
    await write(narrower).catch((error: unknown) => {
      say(`policy.json is behind: ${error instanceof Error ? error.message : String(error)}`);
    });
    return narrower.version;
  };
  const expire = () => {
    void inTurn(async () => {
      const rest = live();
      if (!closed && rest.length < (present.grants ?? []).length) await take(rest, "a grant has ended");
    }).catch((error: unknown) =>
      say(`a grant that has ended: ${error instanceof Error ? error.message : String(error)}`),
    );
  };
  const schedule = () => {
    clearTimeout(timer);
    const ends = (present.grants ?? []).flatMap(({ expiresAt }) => (expiresAt === null ? [] : [expiresAt]));
    if (closed || ends.length === 0) return;
    timer = setTimeout(expire, Math.max(0, Math.min(...ends) - now()));
    timer.unref();
  };

  return {
    grants: live,
    get version() {
      return present.version;
    },
    get policy() {
      return present;
    },
    add: (grant) =>
      inTurn(async () => {
        if (closed) throw new BottleError("BOTTLE_GONE", "the bottle is being closed");
        const grants = live();
        if (grants.length >= GRANT_LIMIT) {
          const hint = "bottle grants lists them, and --revoke takes one away";
          throw new BottleError("USAGE", `this bottle has ${GRANT_LIMIT} grants already`, { hint });
        }
        return give([...grants, grant], `grant ${grant.id} given by the operator`);
      }),
    revoke: (id) =>
      inTurn(async () => {
        const grants = live();
        if (!grants.some((grant) => grant.id === id)) {
          throw new BottleError("GRANT_NOT_FOUND", `no grant is called ${id}`, { hint: "bottle grants lists them" });
        }
        return take(
          grants.filter((grant) => grant.id !== id),
          `grant ${id} revoked by the operator`,
        );
      }),
    models: (access) =>
      inTurn(async () => {
        if (closed) throw new BottleError("BOTTLE_GONE", "the bottle is being closed");
        const before = models;
        models = access;
        const cause = `requests to models are ${access}: its budget`;
        if (access !== "open") return take(live(), cause);
        return give(live(), cause, () => {
          models = before;
        });
      }),
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await last;
    },
  };
}
