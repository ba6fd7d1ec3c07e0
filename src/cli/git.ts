import { BottleError } from "../core/model/errors.ts";
import { printable, printableJson } from "../core/wire/printable.ts";
import { fetchGateRefs } from "../session/gate-refs.ts";
import { findAuditLog } from "../state/audit-logs.ts";
import { readAudit } from "../state/audit-reader.ts";
import { describeGateEvent } from "./gate-event.ts";
import type { Io } from "./io.ts";
import { readerGone, writePaced } from "./paced-output.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, type VerbInput, type VerbRun } from "./verb.ts";

type Action = (name: string, input: VerbInput, io: Io) => Promise<number>;

/** `bottle git log|fetch`: what went through a bottle's git gate, and its branches as refs of one's own repository. */
export const git: VerbRun = async (input, io) => {
  const [word = "", name = ""] = input.positionals;
  const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
  if (action === undefined) {
    throw new BottleError("USAGE", `bottle git cannot ${printable(word, 40)}`, {
      hint: `it takes one of: ${Object.keys(ACTIONS).join(", ")}`,
    });
  }
  return action(name, input, io);
};

/** Reads are told with --all only: there is one for each fetch. */
const log: Action = async (name, input, io) => {
  const { layout } = sessionContext(io);
  const { path } = await findAuditLog(layout, name);
  const all = flag(input, "all");
  const json = text(input, "format") === "json";
  for await (const parsed of readAudit(path)) {
    if (!parsed.ok) {
      io.say(`bottle: audit log of ${name}: ${parsed.problem}`);
      continue;
    }
    const { event, time } = parsed.line;
    if (event.type !== "git" || (event.action === "read" && event.verdict === "allow" && !all)) continue;
    // It stands there before each accepted push too.
    if (event.reason === "forwarding" && !all) continue;
    const line = json
      ? printableJson({ time, ...event })
      : `${time.slice(0, 19).replace("T", " ")}  ${printable(describeGateEvent(event))}`;
    if (!(await writePaced(`${line}\n`)) || readerGone()) break;
  }
  return 0;
};

const fetch: Action = async (name, input, io) => {
  const fetched = await fetchGateRefs(name, io.cwd, sessionContext(io));
  if (text(input, "format") === "json") io.out(`${printableJson(fetched, 2)}\n`);
  else for (const { id, ref } of fetched) io.out(`${id.slice(0, 12)}  ${printable(ref)}\n`);
  if (fetched.length === 0) io.say(`bottle: ${name} has pushed nothing yet`);
  return 0;
};

const ACTIONS: Readonly<Record<string, Action>> = { log, fetch };
