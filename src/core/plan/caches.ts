import type { Mount } from "../model/plan.ts";
import type { FoundTools, ToolPlace } from "../model/toolchain.ts";

/** A cache of the host that a tool can use without writing to it. */
interface SharedCache {
  readonly place: ToolPlace;
  readonly guest: string;
  readonly env: Readonly<Record<string, string>>;
  readonly risk: (host: string) => string;
}

/**
 * Go reads what was downloaded once as a module proxy (go.dev/ref/mod, "Module cache"); what it lacks is fetched, and
 * go.sum is checked either way. Only `download` is shown: the clones beside it may hold credentials in their settings.
 */
const GO: SharedCache = {
  place: {
    candidates: ["$GOMODCACHE/cache/download", "$GOPATH/pkg/mod/cache/download", "~/go/pkg/mod/cache/download"],
    shows: [""],
  },
  guest: "/opt/caches/go",
  env: { GOPROXY: "file:///opt/caches/go,https://proxy.golang.org,direct" },
  risk: (host) => `caches go: the agent can read every Go module in ${host}, private ones too`,
};

/**
 * Only Go: npm, pip, uv, Cargo, Maven and Gradle write to the cache that they read, or turn off one that they may not
 * write to.
 */
const SHARED: Readonly<Record<string, SharedCache>> = { go: GO };

/** Where on the host to look for the chosen caches, for `host/toolchains`. */
export function cachePlaces(chosen: Readonly<Record<string, unknown>>): Readonly<Record<string, ToolPlace>> {
  const caches = Object.entries(SHARED).filter(([name]) => Object.hasOwn(chosen, name));
  return Object.fromEntries(caches.map(([name, { place }]) => [name, place]));
}

/** The `caches` part of a plan. Problems are sentences. */
export interface PlannedCaches {
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  readonly risks: readonly string[];
  readonly problems: readonly string[];
}

/** `found` as `host/toolchains` answers for `cachePlaces`. */
export function planCaches(chosen: Readonly<Record<string, unknown>>, found: FoundTools[string]): PlannedCaches {
  const mounts: Mount[] = [];
  const env: Record<string, string> = {};
  const risks: string[] = [];
  const problems: string[] = [];
  for (const name of Object.keys(chosen)) {
    const cache = Object.hasOwn(SHARED, name) ? SHARED[name] : undefined;
    const place = found[name];
    if (cache === undefined) problems.push(`caches, ${name}: no cache of this name can be shown`);
    else if (place === undefined || "tried" in place || place.shown[0] === undefined) {
      const tried = place !== undefined && "tried" in place ? place.tried.join(", ") : "nothing";
      problems.push(`caches, ${name}: not found on this host; looked for ${tried}`);
    } else {
      mounts.push({ host: place.shown[0].real, guest: cache.guest });
      Object.assign(env, cache.env);
      risks.push(cache.risk(place.path));
    }
  }
  return { mounts, env, risks, problems };
}
