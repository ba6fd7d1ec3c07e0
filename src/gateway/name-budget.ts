/** How many names were looked up through each wildcard of late: a name below it can carry data (attack row 42). */
export interface NameBudget {
  /** `over`: it may not be looked up; `first` is true once for each time that the budget runs out. */
  take(pattern: string, name: string): { readonly over: false } | { readonly over: true; readonly first: boolean };
}

interface Spent {
  /** When each name was first looked up, oldest first. */
  readonly names: Map<string, number>;
  told: boolean;
}

/** At most `count` different names below one pattern within `ms`; one that was looked up in that time costs nothing more. */
export function createNameBudget(count: number, ms: number, now: () => number): NameBudget {
  const patterns = new Map<string, Spent>();
  return {
    take: (pattern, name) => {
      const spent = patterns.get(pattern) ?? { names: new Map<string, number>(), told: false };
      patterns.set(pattern, spent);
      for (const [old, at] of spent.names) {
        if (at > now() - ms) break;
        spent.names.delete(old);
        spent.told = false;
      }
      if (spent.names.has(name)) return { over: false };
      if (spent.names.size >= count) {
        const first = !spent.told;
        spent.told = true;
        return { over: true, first };
      }
      spent.names.set(name, now());
      return { over: false };
    },
  };
}
