import { access, constants } from "node:fs/promises";
import type { AgentProvider } from "../core/model/agent.ts";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { findAgentBinary } from "../host/agent-binary.ts";
import type { SessionContext } from "./context.ts";

/**
 * The plan of a start, with the agent's program as it is on this host now: programs that update themselves remove the
 * version of the start, and the one that came after it takes its place, which is said. Errors: AGENT_BINARY_MISSING, also
 * for a program that was named and is gone, since another one was not asked for.
 */
export async function withProgram(
  plan: BottlePlan,
  provider: AgentProvider,
  context: SessionContext,
): Promise<BottlePlan> {
  const { binary } = plan.agent;
  const there = await access(binary.path, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (there) return plan;
  if (provider.program === null || binary.origin === "named command") {
    throw new BottleError("AGENT_BINARY_MISSING", `${provider.title}: ${binary.path}, which the start named, is gone`, {
      hint: `put it back; bottle diff ${plan.name} and bottle apply ${plan.name} work without it`,
    });
  }
  const { facts, layout, env, cwd, say, signal } = context;
  const workspace = plan.workspace.host;
  const search = { provider, command: null, workspace, cwd, facts, cache: layout.cache, env, say, signal };
  const found = await findAgentBinary(search);
  say(`bottle: note: ${binary.path} of the start is gone; ${plan.name} goes on with ${found.path} (${found.version})`);
  const old = new Set(provider.mounts(binary).map(({ guest }) => guest));
  const mounts = [...plan.mounts.filter(({ guest }) => !old.has(guest)), ...provider.mounts(found)];
  return { ...plan, mounts, agent: { ...plan.agent, binary: found } };
}
