import { stateOf } from "../session/reconcile.ts";
import { listBottles } from "../state/records.ts";
import { sessionContext } from "./session-context.ts";
import { age, table } from "./table.ts";
import { flag, text, type VerbRun } from "./verb.ts";

/** `bottle ls`: the records, corrected by what really runs. */
export const ls: VerbRun = async (input, io) => {
  const { layout } = sessionContext(io);
  const rows = (await listBottles(layout)).map(({ name, record, problem }) =>
    record === null
      ? {
          name,
          state: "unreadable",
          problem,
          agent: null,
          backend: null,
          createdAt: null,
          endedAt: null,
          exitCode: null,
          workspace: null,
          labels: {},
        }
      : {
          name,
          state: stateOf(record),
          problem: null,
          agent: record.agent,
          backend: record.backend,
          createdAt: record.createdAt,
          endedAt: record.endedAt,
          exitCode: record.exitCode,
          workspace: record.workspace,
          labels: record.labels,
        },
  );
  const shown = flag(input, "running") ? rows.filter((row) => row.state === "running") : rows;
  if (text(input, "format") === "json") {
    io.out(`${JSON.stringify(shown, null, 2)}\n`);
    return 0;
  }
  const now = Date.now();
  const since = (time: string | null) => (time === null ? "-" : age(now - Date.parse(time)));
  io.out(
    table(
      ["NAME", "AGENT", "STATE", "EXIT", "AGE", "WORKSPACE"],
      shown.map((row) => [
        row.name,
        row.agent ?? "-",
        row.state,
        row.exitCode === null ? "-" : String(row.exitCode),
        since(row.createdAt),
        row.workspace === null ? "-" : `${row.workspace.host}${row.workspace.mode === "bind" ? " (bind)" : ""}`,
      ]),
    ),
  );
  for (const { name, problem } of shown) {
    if (problem !== null) io.say(`bottle: ${name}: its record ${problem}; bottle rm --force ${name} removes it`);
  }
  return 0;
};
