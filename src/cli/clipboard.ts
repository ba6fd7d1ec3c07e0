import { stat } from "node:fs/promises";
import { BottleError } from "../core/model/errors.ts";
import type { HostFacts } from "../core/model/host-facts.ts";
import { printableLines } from "../core/wire/printable.ts";
import { run } from "../host/exec.ts";
import { forgetCopy, readCopy } from "../session/pending-copy.ts";
import { stateOf } from "../state/bottle-state.ts";
import { livePaths } from "../state/layout.ts";
import { readRecord } from "../state/records.ts";
import type { Io } from "./io.ts";
import { writePaced } from "./paced-output.ts";
import { sessionContext } from "./session-context.ts";
import { flag, type VerbRun } from "./verb.ts";

const SHOWN_LINES = 12;
const SHOWN_CHARACTERS = 800;
const TMUX_MS = 10_000;

/** `bottle clipboard`: what an agent copied goes into the clipboard of the operator's terminal, after a yes to what is shown. */
export const clipboard: VerbRun = async (input, io) => {
  const [name = ""] = input.positionals;
  const context = sessionContext(io);
  const record = await readRecord(context.layout, name);
  if (stateOf(record) !== "running") {
    throw new BottleError("BOTTLE_NOT_RUNNING", `${name} does not run (${stateOf(record)})`);
  }
  const path = livePaths(context.layout, record).clipboard;
  const copy = await readCopy(path, Date.now());
  if (copy === null) {
    io.say(`bottle: ${name} has copied nothing that waits`);
    return 1;
  }
  if (!io.stdoutIsTerminal) {
    await writePaced(copy.bytes);
    await forgetCopy(path, copy);
    return 0;
  }
  io.out(`${excerpt(copy.bytes)}\n`);
  if (!flag(input, "yes")) {
    if (!io.interactive) throw new BottleError("USAGE", "nobody can be asked", { hint: "--yes takes it" });
    const { confirm } = await import("./question.ts");
    if (!(await confirm(`Put these ${copy.bytes.length} bytes of ${name}'s into your clipboard?`, io.signal))) {
      await forgetCopy(path, copy);
      return 1;
    }
  }
  await set(copy.bytes, context.facts, io);
  await forgetCopy(path, copy);
  return 0;
};

/** What a yes is about: its beginning, and how much more there is. Bytes that are no text are shown as such. */
function excerpt(copy: Buffer): string {
  const text = copy.toString("utf8");
  const lines = printableLines(text.slice(0, SHOWN_CHARACTERS)).split("\n").slice(0, SHOWN_LINES);
  const shown = lines.join("\n");
  const whole = printableLines(text) === shown;
  return whole ? shown : `${shown}\n[of ${copy.length} bytes, the rest is not shown]`;
}

/** The operator's own tmux takes no OSC 52 of a program by default, and sets the clipboard when it is told to. */
async function set(copy: Buffer, { tools, uid }: Pick<HostFacts, "tools" | "uid">, { env, out }: Io): Promise<void> {
  const [socket] = (env.TMUX ?? "").split(",");
  // Not a server of another user (sudo with TMUX kept): it would get what was copied.
  const own = socket ? (await stat(socket).catch(() => null))?.uid === uid : false;
  if (socket && own && tools.tmux !== undefined) {
    const set = await run(
      { argv: [tools.tmux, "-N", "-S", socket, "load-buffer", "-w", "-"], env: {} },
      { stdin: copy, timeoutMs: TMUX_MS },
    );
    if (set.code === 0) return;
  }
  out(`\u001b]52;c;${copy.toString("base64")}\u0007`);
}
