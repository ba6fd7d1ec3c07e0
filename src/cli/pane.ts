import { createHash } from "node:crypto";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { DETACH_KEYS } from "../host/terminal-holder.ts";
import { findOperatorTmux, type OperatorTmux, showInPane } from "../host/tmux-pane.ts";
import { readRecord } from "../state/records.ts";
import type { Io } from "./io.ts";
import { sessionContext } from "./session-context.ts";
import { flag, type VerbInput } from "./verb.ts";

/**
 * What `bottle attach` reads, and no more: words of a command can be read by everybody on this machine. Where the
 * operator has no such folder the pane gets an empty word, or it would look where their tmux was started with.
 */
const FOLDERS = ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"];
const OTHERS = ["LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "NODE_COMPILE_CACHE"];

const PLACES = {
  show: "a pane that was there",
  reuse: "a pane that was over",
  split: "a new pane",
  window: "a window",
} as const;

/** The tmux that `--pane` is for, before anything is made. Errors: USAGE, HOST_UNFIT. */
export async function paneTmux(input: VerbInput, io: Io): Promise<OperatorTmux> {
  if (input.options.prompt !== undefined) {
    throw new BottleError("USAGE", "--pane shows the agent's terminal, and one with a prompt has none", {
      hint: "leave --pane out, and -d in: bottle logs -f NAME shows what it prints",
    });
  }
  return findOperatorTmux(io.env, sessionContext(io).facts);
}

/** Shows the terminal of a running bottle in a pane: `bottle attach` runs there, and the agent outlives the pane. */
export async function showBottle(at: OperatorTmux, record: BottleRecord, input: VerbInput, io: Io): Promise<void> {
  const { name, run, createdAt } = record;
  const readOnly = flag(input, "readOnly");
  const { facts } = sessionContext(io);
  const words = [...io.self, "attach", ...(readOnly ? ["--read-only"] : []), "--", name];
  // One run of one bottle: the pane of an earlier run shows how that one ended.
  const view = createHash("sha256")
    .update(JSON.stringify([run, createdAt, readOnly]))
    .digest("hex")
    .slice(0, 16);
  const command = { argv: words, cwd: io.cwd, env: paneEnvironment(io.env, facts.home) };
  const { id, how } = await showInPane(at, { name, view }, command);
  io.say(`bottle: ${name} is in ${PLACES[how]} of your tmux (${id}); ${DETACH_KEYS} there leaves it`);
}

/** As `showBottle`, for a bottle that this command has just started: that it runs counts for more than the pane. */
export async function showStarted(at: OperatorTmux, name: string, input: VerbInput, io: Io): Promise<void> {
  try {
    const record = await readRecord(sessionContext(io).layout, name);
    // `resume --continue` knows only by now whether the agent has a terminal.
    if (record.terminal === "held") await showBottle(at, record, input, io);
    else io.say(`bottle: ${name} runs, and no pane is opened: it has no terminal; bottle logs -f ${name}`);
  } catch (error) {
    if (!(error instanceof BottleError)) throw error;
    throw new BottleError(error.code, `${name} runs, but no pane shows it: ${error.message}`, {
      cause: error,
      hint: `bottle attach ${name} shows it here`,
    });
  }
}

function paneEnvironment(env: Io["env"], home: string): Record<string, string> {
  const folders = FOLDERS.map((name) => [name, env[name] ?? ""] as const);
  const others = OTHERS.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { ...Object.fromEntries([...folders, ...others]), HOME: home, PATH: env.PATH ?? "/usr/bin:/bin" };
}
