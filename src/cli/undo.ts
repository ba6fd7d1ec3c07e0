import { BottleError } from "../core/model/errors.ts";
import { printable, printableJson } from "../core/wire/printable.ts";
import { sentence } from "../session/decisions.ts";
import type { UndoReport } from "../session/undo.ts";
import { askHost, listDecisions } from "../session/waiting.ts";
import { surface } from "./answer.ts";
import { requestId } from "./approvals.ts";
import { sessionContext } from "./session-context.ts";
import { text, type VerbRun } from "./verb.ts";

/** `bottle undo`: takes back the last decision, or that about one item. */
export const undo: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const [given] = input.positionals;
  const id = given === undefined ? null : requestId(input.positionals);
  const made = await listDecisions(context);
  const found = made.findLast(({ decided }) => (id === null ? !decided.undone : decided.id === id));
  if (found === undefined) {
    const what = id === null ? "nothing" : `nothing about ${id}`;
    throw new BottleError("APPROVAL_NOT_FOUND", `${what} was decided in a bottle that runs`, {
      hint: "bottle grants lists what is granted; bottle audit NAME has every answer",
    });
  }
  const { bottle, decided } = found;
  const request = { do: "undo", id: decided.id, as: surface(input) } as const;
  const report = (await askHost(bottle, request, context)) as UndoReport;
  if (text(input, "format") === "json") io.out(`${printableJson({ bottle, ...report }, 2)}\n`);
  else {
    const lines = [
      `${sentence(report.decided)}: ${report.decided.title}`,
      ...report.done.map((line) => `undone: ${line}`),
      ...report.left.map((line) => `not undone: ${line}`),
      `policy version ${report.version}`,
    ];
    io.out(lines.map((line) => `${printable(line)}\n`).join(""));
  }
  return report.done.length === 0 ? 1 : 0;
};
