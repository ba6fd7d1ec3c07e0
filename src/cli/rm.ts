import { loadBackend } from "../backends/builtins.ts";
import { BottleError } from "../core/model/errors.ts";
import type { SessionContext } from "../session/context.ts";
import { removeBottle, removeLeftovers, removeUnreadable, type Unlanded } from "../session/removal.ts";
import { refuseAnswering } from "../session/settlement.ts";
import { stopBottle } from "../session/stop.ts";
import { findBottle, sameBottle, unreadable } from "../state/records.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { flag, type VerbRun } from "./verb.ts";

/** `bottle rm`: archives and removes; refuses without --force what runs, or might as its record cannot be read. */
export const rm: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const force = flag(input, "force");
  const unlanded = flag(input, "discard") ? "discard" : "keep";
  let worst = 0;
  for (const name of input.positionals) {
    try {
      await remove(name, force, unlanded, context);
      io.out(`${name}\n`);
    } catch (error) {
      worst = Math.max(worst, report(error, io));
    }
  }
  return worst;
};

async function remove(name: string, force: boolean, unlanded: Unlanded, context: SessionContext): Promise<void> {
  const { layout } = context;
  let bottle = await findBottle(layout, name);
  if (bottle === null) {
    throw new BottleError("BOTTLE_NOT_FOUND", `no bottle is called ${name}`, { hint: "bottle ls shows all" });
  }
  if (bottle.record !== null && bottle.state !== "lost" && bottle.record.endedAt === null) {
    if (!force) {
      throw new BottleError("BOTTLE_RUNNING", `${name} runs`, {
        hint: `bottle stop ${name}, or bottle rm --force ${name}`,
      });
    }
    await stopBottle(name, 5000, context);
    const after = await findBottle(layout, name);
    // It removed itself (start --rm); the name may be another bottle's by now.
    if (after === null || !sameBottle(after, bottle)) return;
    bottle = after;
  }
  if (bottle.record === null) {
    if (!force) throw unreadable(layout, bottle);
    return removeUnreadable(bottle, context);
  }
  const backend = await loadBackend(bottle.record.backend);
  if (bottle.state === "lost") {
    await refuseAnswering(bottle.record, context);
    await removeLeftovers(name, backend, context);
  }
  await removeBottle(bottle, backend, context, unlanded);
}
