import { BottleError } from "../core/model/errors.ts";
import type { Backend } from "./backend.ts";

/** The one list of built-in backends, the best first where several would do; each is loaded when it is asked for. */
const BUILTINS: Readonly<Record<string, () => Promise<Backend>>> = {
  bubblewrap: async () => (await import("./bubblewrap.ts")).bubblewrap,
  docker: async () => (await import("./docker.ts")).docker,
  smolmachines: async () => (await import("./smolmachines.ts")).smolmachines,
};

export const BACKEND_NAMES: readonly string[] = Object.keys(BUILTINS);

/** The backend of this name. Rejects with PLAN_INVALID when there is none. */
export async function loadBackend(name: string): Promise<Backend> {
  const load = Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
  if (load === undefined) {
    throw new BottleError("PLAN_INVALID", `no backend is called ${name}`, {
      hint: `use one of: ${BACKEND_NAMES.join(", ")}`,
    });
  }
  return load();
}
