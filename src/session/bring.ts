import type { Backend, Bottle, GuestLayout } from "../backends/backend.ts";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import type { Cleanup } from "../host/cleanup.ts";
import { globalIgnores } from "../host/global-ignores.ts";
import type { LivePaths } from "../state/layout.ts";
import type { SessionContext } from "./context.ts";
import type { HeldSecrets } from "./held-secrets.ts";
import { type Beginning, beginClone, beginCopy } from "./work/begin.ts";
import { copyWorkspace, searchWorkspace } from "./workspace.ts";

/** The workspace on its way in. */
export interface Bringing {
  /** What still takes a bottle; resolves when all is in. Errors: PROVISION_FAILED, SECRET_EXPOSED, HOST_UNFIT. */
  into(bottle: Bottle, guest: GuestLayout): Promise<void>;
}

/**
 * Begins to bring the workspace in while the cage comes up: a clone is made in a workshop and takes no bottle, and so is
 * what a private copy is compared with later. Its undo waits for both. Searched for secrets in every mode.
 */
export function bringWorkspace(
  plan: BottlePlan,
  backend: Backend,
  paths: LivePaths,
  secrets: HeldSecrets,
  context: SessionContext,
  cleanup: Cleanup,
): Bringing {
  const { facts, env, say } = context;
  const { mode, host } = plan.workspace;
  const aborted = new AbortController();
  const signal = AbortSignal.any([context.signal, aborted.signal]);
  const nothing = async (): Promise<void> => undefined;
  const begin = async (): Promise<() => Promise<void>> => {
    if (mode === "bind") return nothing;
    if (facts.tools.git === undefined) {
      if (mode === "copy") {
        say("bottle: note: git is not installed: bottle diff and bottle apply will not work");
        return nothing;
      }
      const hint = "apt install git, or --workspace copy";
      throw new BottleError("HOST_UNFIT", "a clone needs git, and there is none in a system folder", { hint });
    }
    const known = secrets.known();
    const ignored = mode === "clone" ? await globalIgnores(facts, env) : "";
    const beginning: Beginning = { plan, backend, facts, paths, secrets: known, ignored, say, signal };
    if (mode === "copy") return beginCopy(beginning);
    await beginClone(beginning);
    return nothing;
  };
  const begun = begin();
  begun.catch(() => undefined); // reported by `into`
  cleanup.push("workspace", async () => {
    aborted.abort("stopped");
    await begun.catch(() => undefined);
  });
  return {
    into: async (bottle, guest) => {
      const { tar } = facts.tools;
      if (tar === undefined) throw new BottleError("HOST_UNFIT", "tar is missing", { hint: "apt install tar" });
      const bringing = { tar, secrets: secrets.known(), cleanup, say };
      if (mode === "copy") {
        const [keep] = await Promise.all([begun, copyWorkspace(bottle, host, guest.workspace, bringing)]);
        await keep();
      } else if (mode === "bind") await searchWorkspace(host, bringing);
      else await begun;
    },
  };
}
