import type { Snapshot } from "./snapshot.ts";

/** Something that is going on and may have to end: a tunnel or an exchange. */
export interface Live {
  readonly kind: "tunnel" | "exchange";
  /** True when this policy still allows it. */
  stillAllowed(snapshot: Snapshot): boolean;
  /** Ends it at once; `why` goes to the audit log. */
  cut(why: "policy" | "closing"): void;
}

export interface LiveSet {
  readonly tunnels: number;
  readonly exchanges: number;
  /** Adds one; the returned function takes it out and may be called again. */
  add(live: Live): () => void;
  /** Cuts what the new policy does not allow any more (attack row 135); the number of what was cut. */
  review(snapshot: Snapshot): number;
  cutAll(): void;
}

/** The set of everything that is going on in one gateway. */
export function createLiveSet(): LiveSet {
  const all = new Set<Live>();
  const counts = { tunnel: 0, exchange: 0 };
  const allowed = (live: Live, snapshot: Snapshot) => {
    try {
      return live.stillAllowed(snapshot);
    } catch {
      // A fault while deciding is a deny.
      return false;
    }
  };
  return {
    get tunnels() {
      return counts.tunnel;
    },
    get exchanges() {
      return counts.exchange;
    },
    add: (live) => {
      all.add(live);
      counts[live.kind] += 1;
      return () => {
        if (all.delete(live)) counts[live.kind] -= 1;
      };
    },
    review: (snapshot) => {
      const gone = [...all].filter((live) => !allowed(live, snapshot));
      for (const live of gone) live.cut("policy");
      return gone.length;
    },
    cutAll: () => {
      for (const live of [...all]) live.cut("closing");
    },
  };
}
