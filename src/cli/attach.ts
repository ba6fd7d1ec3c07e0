import { BottleError } from "../core/model/errors.ts";
import { attachCommand, findHolderTools, isHeld, redraw } from "../host/terminal-holder.ts";
import { onThisTerminal } from "../session/attach.ts";
import { untilEnded } from "../session/ending.ts";
import { stateOf } from "../state/bottle-state.ts";
import { livePaths } from "../state/layout.ts";
import { readRecord } from "../state/records.ts";
import { showNotices, tellLost } from "./attached-notices.ts";
import { sessionContext } from "./session-context.ts";
import { flag, negated, type VerbRun } from "./verb.ts";

/** From the agent's end to the record of it: the host process undoes the bottle in between. */
const CLOSE_MS = 60_000;
const BROKEN = 125;

/**
 * `bottle attach`: the terminal of a detached agent on this one. The agent's exit code when it ends meanwhile, else 0.
 * With --pane in a pane of the operator's tmux, and this one is free again.
 */
export const attach: VerbRun = async (input, io) => {
  const [name = ""] = input.positionals;
  const context = sessionContext(io);
  const record = await readRecord(context.layout, name);
  const state = stateOf(record);
  if (state !== "running") {
    const hint = state === "creating" ? "it is still being made" : `bottle resume -d ${name} runs it again`;
    throw new BottleError("BOTTLE_NOT_RUNNING", `${name} does not run (${state})`, { hint });
  }
  if (record.terminal === "none") {
    throw new BottleError("USAGE", `the agent of ${name} has no terminal: it was started with a prompt`, {
      hint: `bottle logs -f ${name} shows what it prints`,
    });
  }
  if (record.terminal !== "held") {
    throw new BottleError("USAGE", `${name} has the terminal on which it was started, and cannot be attached to`, {
      hint: `start -d makes bottles that can; bottle exec -it ${name} -- bash looks inside`,
    });
  }
  if (flag(input, "pane")) {
    const { paneTmux, showBottle } = await import("./pane.ts");
    await showBottle(await paneTmux(input, io), record, input, io);
    return 0;
  }
  if (!io.interactive) throw new BottleError("USAGE", "attach needs a terminal on stdin and stdout");
  const tools = await findHolderTools(context.facts.tools);
  const { holder, notices } = livePaths(context.layout, record);
  const { socket } = holder;
  using told = negated(input, "notify") ? null : showNotices(notices, io.env, (tty) => redraw(tools, socket, tty));
  const command = attachCommand(tools, socket, io.env, flag(input, "readOnly"));
  const code = await onThisTerminal(command, context.facts.tools.stty, io.signal);
  if (io.signal.aborted) return code;
  if (await isHeld(tools, socket)) {
    if (code !== 0) {
      // tmux has said what is wrong with this terminal.
      io.say(`bottle: ${name} runs on; where this machine does not know your terminal:`);
      io.say(`  TERM=xterm-256color bottle attach ${name}`);
      return BROKEN;
    }
    io.say(`bottle: ${name} runs on; bottle attach ${name} comes back`);
    return 0;
  }
  const ending = await untilEnded(record, context, CLOSE_MS);
  if (told !== null && ending?.exitCode == null) tellLost(name, io.env);
  if (ending?.exitCode == null) {
    io.say(`bottle: it is not known how ${name} ended; bottle ls`);
    return BROKEN;
  }
  io.say(`bottle: ${name} ended with exit ${ending.exitCode}`);
  return ending.exitCode;
};
