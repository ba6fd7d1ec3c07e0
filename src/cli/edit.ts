import type { Item } from "../core/inbox/item.ts";
import { itemOf } from "../core/inbox/items.ts";
import { type Reach, reachOf, sameReach } from "../core/inbox/reach.ts";
import { ruleText, type WrittenRule } from "../core/inbox/rule-text.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Problem } from "../core/model/finding.ts";
import type { Proposal } from "../core/model/proposal.ts";
import { formatProblem } from "../core/plan/manifest-problems.ts";
import { printable } from "../core/wire/printable.ts";
import { openEditor } from "../host/editor.ts";
import type { SessionContext } from "../session/context.ts";
import { findWaiting } from "../session/waiting.ts";
import { bottlePaths } from "../state/layout.ts";
import { readPolicy } from "../state/policy-file.ts";
import { openRuleFile, readRuleFile, removeRuleFile } from "../state/rule-file.ts";
import { milliseconds } from "./allow.ts";
import { acceptance, reachDiff, reviewOf, sendYes, surface, tell } from "./answer.ts";
import { requestId } from "./approvals.ts";
import type { Io } from "./io.ts";
import { confirm } from "./question.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, type VerbInput, type VerbRun } from "./verb.ts";

/** `bottle edit`: the rule of what waits in the operator's editor; what they leave is checked, shown and decided with. */
export const edit: VerbRun = async (input, io) => {
  const id = requestId(input.positionals);
  const context = sessionContext(io);
  const item = await findWaiting(id, context);
  const review = reviewOf(item, input, io);
  const { request } = item;
  if (request === null || !item.answers.includes("for")) {
    throw new BottleError("USAGE", `${id} has no rule that could be changed`, {
      hint: `bottle allow ${id}, or bottle deny ${id}`,
    });
  }
  const before = reachOf(request);
  const file = await openRuleFile(context.layout, id, ruleText(item, before));
  const rule = await written(file, before, io);
  if (rule === null) {
    await removeRuleFile(file);
    io.say(`nothing was answered: ${id} still waits`);
    return 2;
  }
  const { flags, lines } = await consequences(item, request, rule, context);
  for (const line of lines) io.say(printable(line));
  const code = await decide({ item, request, rule, flags, review, input }, io, context);
  // Until then it is kept: an answer that came too late, or was refused, loses nothing.
  await removeRuleFile(file);
  return code;
};

/** What the editor left, once it is a rule; null: nothing. Errors: USAGE where it is none and nobody can mend it. */
async function written(file: string, before: Reach, io: Io): Promise<WrittenRule | null> {
  for (;;) {
    await openEditor(file, io.env, io.stdoutIsTerminal);
    const found = await readRuleFile(file, before);
    if (found.kind === "rule") return found.rule;
    if (found.kind === "empty") return null;
    for (const problem of found.problems) io.say(printable(formatProblem(problem), 500));
    if (io.interactive && (await confirm("Edit it again?", io.signal))) continue;
    throw invalid(file, found.problems);
  }
}

function invalid(file: string, [first]: readonly Problem[]): BottleError {
  const where = first === undefined ? "" : `: ${printable(formatProblem(first), 300)}`;
  return new BottleError("USAGE", `what was written is no rule, and nothing was answered${where}`, {
    hint: `it is kept in ${file}: the same command opens it again`,
  });
}

async function consequences(
  item: Item,
  request: Proposal,
  { reach, scope, time }: WrittenRule,
  { layout }: SessionContext,
) {
  const policy = await readPolicy(bottlePaths(layout, item.bottle).policy).catch(() => null);
  const { flags, adds } = itemOf(item.bottle, request, policy ?? { rules: [] }, reach);
  const before = reachOf(request);
  const diff = sameReach(before, reach) ? adds : reachDiff(before, reach);
  const lasts = scope === "for" ? `for ${time}` : scope === "bottle" ? "as long as the bottle runs" : "for good";
  return {
    flags,
    lines: [...diff.map((line) => `  ${line}`), `  ${lasts}`, ...flags.map((it) => `  ! ${it.code}: ${it.text}`)],
  };
}

interface Edited {
  readonly item: Item;
  readonly request: Proposal;
  readonly rule: WrittenRule;
  readonly flags: Item["flags"];
  readonly review: string;
  readonly input: VerbInput;
}

async function decide(edited: Edited, io: Io, context: SessionContext): Promise<number> {
  const { item, request, rule, flags, review, input } = edited;
  const { reach, scope, time } = rule;
  const yes = flag(input, "yes");
  if (!yes && !io.interactive) {
    throw new BottleError("USAGE", "nobody can be asked here whether this shall be allowed", {
      hint: "look at the rule above, then add --yes; what was written is kept",
    });
  }
  const accepted = await acceptance(item, flags, reach.authority, input, io);
  const wanted = accepted !== null && (yes || (await confirm("Allow this?", io.signal)));
  const answer = { bottle: item.bottle, proposal: request, reach };
  const entry =
    wanted && scope === "persist" ? await (await import("./persisted.ts")).persistence(answer, yes, io, context) : null;
  if (!wanted || entry?.refused === true) {
    io.say(`nothing was answered: ${item.id} still waits`);
    return 2;
  }
  const forMs = time === null ? null : milliseconds(time);
  const report = await sendYes(item, { scope, forMs, review, accepted, reach, as: surface(input) }, io, context);
  await entry?.write();
  tell("allowed", item.bottle, report, text(input, "format") === "json", io);
  return 0;
}
