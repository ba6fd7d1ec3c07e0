import { BottleError } from "../core/model/errors.ts";
import { recordOrLast, untilEnded } from "../session/ending.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { text, type VerbRun } from "./verb.ts";

/** Where nobody knows the agent's own code. */
const UNKNOWN = 125;

/** `bottle wait`: until all named bottles have ended. Its exit code is the first that is not 0, in the order of the names. */
export const wait: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  // All are looked for before any is waited for: a name that is mistyped shows at once.
  const records = await Promise.all(input.positionals.map((name) => recordOrLast(name, context.layout)));
  const json = text(input, "format") === "json";
  const endings = await Promise.all(
    records.map(async (record) => ({ name: record.name, ending: await untilEnded(record, context) })),
  );
  if (io.signal.aborted) throw new BottleError("BOTTLE_GONE", `interrupted by ${String(io.signal.reason)}`);
  const rows = endings.map(({ name, ending }) => ({
    name,
    state: ending?.state ?? "lost",
    exitCode: ending?.exitCode ?? null,
    endedAt: ending?.endedAt ?? null,
  }));
  if (json) io.out(`${JSON.stringify(rows, null, 2)}\n`);
  for (const { name, state, exitCode } of rows) {
    if (!json) io.out(`${exitCode ?? "-"}\n`);
    if (exitCode !== null) continue;
    const hint = state === "lost" ? `bottle recover ${name}` : `bottle logs ${name}`;
    report(new BottleError("BOTTLE_NOT_RUNNING", `${name} ended without an exit code (${state})`, { hint }), io);
  }
  return rows.map(({ exitCode }) => exitCode ?? UNKNOWN).find((code) => code !== 0) ?? 0;
};
