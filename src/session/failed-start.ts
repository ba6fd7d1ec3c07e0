import type { Backend } from "../backends/backend.ts";
import { findBottle } from "../state/records.ts";
import type { SessionContext } from "./context.ts";

/** Removes the folder of a start that failed. False when it could not be removed; `bottle rm` says why. */
export async function removeFailedStart(name: string, backend: Backend, context: SessionContext): Promise<boolean> {
  const { removeBottle } = await import("./removal.ts");
  return findBottle(context.layout, name)
    .then((bottle) => (bottle === null ? undefined : removeBottle(bottle, backend, context, "discard")))
    .then(
      () => true,
      () => false,
    );
}
