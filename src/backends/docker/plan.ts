import { BottleError } from "../../core/model/errors.ts";
import type { BackendOptions, Json, Placement } from "../../core/model/plan.ts";

/** What the plan says about the container. */
export interface ContainerPlan {
  /** As the manifest names it; null: BOT_BOTTLE_IMAGE, else the agent's image that `bottle image build` made. */
  readonly image: string | null;
  /** `socket`: the gateway in this process; `bundle`: in a sidecar container; null: as the engine allows. */
  readonly placement: Placement | null;
  /** Name of an OCI runtime that the engine knows; null: its own. */
  readonly runtime: string | null;
}

/** PURE. */
export function planContainer(options: BackendOptions | undefined): Json {
  const { image = null, placement = null, runtime = null } = options ?? {};
  return { image, placement, runtime };
}

/** Reads it back from a plan. Pure. */
export function readContainerPlan(json: Json): ContainerPlan {
  const plan = (json ?? {}) as Partial<ContainerPlan>;
  const word = (value: unknown) => (typeof value === "string" ? value : null);
  return {
    image: word(plan.image),
    placement: plan.placement === "bundle" || plan.placement === "socket" ? plan.placement : null,
    runtime: word(plan.runtime),
  };
}

/** What tells whether the engine's containers see this machine's sockets. */
export interface EnginePlace {
  /** As `docker context inspect` says: `unix:///...`, `tcp://...`, `ssh://...`. */
  readonly endpoint: string;
  /** As the engine calls what it runs on. */
  readonly product: string;
  /** `process.platform` of this process. */
  readonly platform: string;
  /** Whether the engine sees this machine's files. */
  readonly sees: boolean;
}

/**
 * The placement of a bottle: what was asked for, else `socket` where engine and host process share a kernel, since there
 * a unix socket leads from one to the other; else `bundle`. Pure. Throws PLAN_INVALID for what was asked for and cannot be.
 */
export function placementFor(asked: Placement | null, { endpoint, product, platform, sees }: EnginePlace): Placement {
  if (asked === "socket" && !sees) {
    throw new BottleError("PLAN_INVALID", "the engine does not see this machine's files, nor a socket among them", {
      hint: 'use placement "bundle", or none, and the gateway runs beside the bottle',
    });
  }
  if (asked !== null) return asked;
  const here = sees && platform === "linux" && endpoint.startsWith("unix://") && !/Docker Desktop/i.test(product);
  return here ? "socket" : "bundle";
}
