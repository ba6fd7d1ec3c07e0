import { loadBackend } from "../backends/builtins.ts";
import { BottleError } from "../core/model/errors.ts";
import { removeEnded, stateOf } from "../session/reconcile.ts";
import { stopBottle } from "../session/stop.ts";
import { readRecord } from "../state/records.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { flag, type VerbRun } from "./verb.ts";

/** `bottle rm`: archives and removes; refuses a running bottle without --force. */
export const rm: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const remove = async (name: string): Promise<void> => {
    const record = await readRecord(context.layout, name);
    const state = stateOf(record);
    if (state === "lost") {
      throw new BottleError("BOTTLE_NOT_RUNNING", `the host process of ${name} was killed`, {
        hint: "run bottle prune first",
      });
    }
    if (record.endedAt === null) {
      if (!flag(input, "force")) {
        throw new BottleError("BOTTLE_RUNNING", `${name} runs`, {
          hint: `bottle stop ${name}, or bottle rm --force ${name}`,
        });
      }
      await stopBottle(name, 5000, context);
    }
    await removeEnded(await readRecord(context.layout, name), await loadBackend(record.backend), context);
    io.out(`${name}\n`);
  };
  let worst = 0;
  for (const name of input.positionals) {
    worst = Math.max(
      worst,
      await remove(name).then(
        () => 0,
        (error: unknown) => report(error, io),
      ),
    );
  }
  return worst;
};
