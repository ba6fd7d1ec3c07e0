import type { AnswerReport } from "../session/approval-request.ts";
import { askHost, findWaiting } from "../session/waiting.ts";
import { surface, tell } from "./answer.ts";
import { requestId } from "./approvals.ts";
import { sessionContext } from "./session-context.ts";
import { text, type VerbRun } from "./verb.ts";

/** `bottle deny`: a no to what waits. */
export const deny: VerbRun = async (input, io) => {
  const id = requestId(input.positionals);
  const context = sessionContext(io);
  const { bottle } = await findWaiting(id, context);
  const reason = text(input, "reason")?.slice(0, 500) ?? null;
  const report = (await askHost(bottle, { do: "deny", id, reason, as: surface(input) }, context)) as AnswerReport;
  tell("denied", bottle, report, text(input, "format") === "json", io);
  return 0;
};
