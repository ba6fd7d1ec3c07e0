import type { Backend } from "../backends/backend.ts";
import { BACKEND_NAMES, loadBackend } from "../backends/builtins.ts";
import { BottleError } from "../core/model/errors.ts";
import type { HostFacts } from "../core/model/host-facts.ts";

/** Who may name a backend, the strongest first; null or absent: does not. */
export interface BackendWishes {
  /** `--backend` */
  readonly asked: string | null;
  /** The manifest's, and which bottle definition it stands in. */
  readonly definition: { readonly backend: string | undefined; readonly bottle: string };
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ChosenBackend {
  readonly backend: Backend;
  /** For the operator, e.g. `BOT_BOTTLE_BACKEND`. */
  readonly why: string;
}

export const BACKEND_VARIABLE = "BOT_BOTTLE_BACKEND";

/**
 * The backend that was named, else the first of the built-in ones that nothing on this machine speaks against; where
 * none fits, the first, whose own error then says why. Errors: USAGE and PLAN_INVALID for names that there are not.
 */
export async function chooseBackend(wishes: BackendWishes, facts: HostFacts): Promise<ChosenBackend> {
  const { asked, definition, env } = wishes;
  if (asked !== null) return { backend: await loadBackend(known(asked, "--backend")), why: "--backend" };
  if (definition.backend !== undefined) {
    return { backend: await loadBackend(definition.backend), why: `bottle ${definition.bottle} says so` };
  }
  const named = env[BACKEND_VARIABLE];
  if (named !== undefined && named !== "") {
    return { backend: await loadBackend(known(named, BACKEND_VARIABLE)), why: BACKEND_VARIABLE };
  }
  return fittingBackend(facts);
}

async function fittingBackend(facts: HostFacts): Promise<ChosenBackend> {
  const passed: string[] = [];
  for (const name of BACKEND_NAMES) {
    const backend = await loadBackend(name);
    const lack = await backend.lacks(facts);
    if (lack === null) {
      return { backend, why: passed.length === 0 ? "the first choice on this machine" : passed.join("; ") };
    }
    passed.push(`not ${name}: ${lack}`);
  }
  const [first = ""] = BACKEND_NAMES;
  return { backend: await loadBackend(first), why: `none fits: ${passed.join("; ")}` };
}

function known(name: string, by: string): string {
  if (BACKEND_NAMES.includes(name)) return name;
  throw new BottleError("USAGE", `no backend is called ${name}`, { hint: `${by} takes ${BACKEND_NAMES.join(", ")}` });
}
