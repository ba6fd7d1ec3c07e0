import type { AnswerReport } from "../session/approvals.ts";
import { askHost, findWaiting } from "../session/waiting.ts";
import { tell } from "./allow.ts";
import { requestId } from "./approvals.ts";
import { sessionContext } from "./session-context.ts";
import { text, type VerbRun } from "./verb.ts";

/** `bottle deny`: refuses a request that waits. */
export const deny: VerbRun = async (input, io) => {
  const id = requestId(input.positionals);
  const context = sessionContext(io);
  const { bottle } = await findWaiting(id, context);
  const reason = text(input, "reason")?.slice(0, 500) ?? null;
  const report = (await askHost(bottle, { do: "deny", id, reason }, context)) as AnswerReport;
  tell("denied", bottle, report, text(input, "format") === "json", io);
  return 0;
};
