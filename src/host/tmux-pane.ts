import { stat } from "node:fs/promises";
import type { HostCommand } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import { type RunResult, run } from "./exec.ts";
import {
  choosePane,
  NAME_OPTION,
  PANE_FORMAT,
  type PaneChoice,
  type PaneMark,
  parsePanes,
  VIEW_OPTION,
  type Wanted,
} from "./tmux-pane/choice.ts";
import { parsePlace, tmuxText, tmuxWord } from "./tmux-pane/words.ts";

/** The operator's own tmux, and the pane from which we were called. It is theirs: nothing of it is set but on our panes. */
export interface OperatorTmux {
  readonly tmux: string;
  readonly socket: string;
  readonly session: string;
  /** What `-t` takes: the pane, or the session where that is not known any more. */
  readonly target: string;
}

/** What runs in a pane, and where. */
export interface PaneCommand extends HostCommand {
  readonly cwd: string;
}

export interface ShownPane {
  /** `%0` */
  readonly id: string;
  /** `show`: it was there, and showed it already. */
  readonly how: PaneChoice["do"];
}

const ASK_MS = 10_000;
const HINT = "start tmux first; or take -d, and `bottle attach NAME` in another terminal";

/**
 * The tmux in which this process runs, still there and of this user. Errors: USAGE where there is none, HOST_UNFIT where
 * it does not answer.
 */
export async function findOperatorTmux(
  env: Readonly<Record<string, string | undefined>>,
  { tools, uid }: { readonly tools: Readonly<Record<string, string>>; readonly uid: number },
): Promise<OperatorTmux> {
  const place = parsePlace(env.TMUX, env.TMUX_PANE);
  if (place === null) {
    throw new BottleError("USAGE", "--pane opens a pane of your tmux, and this is not in one (TMUX)", { hint: HINT });
  }
  const { socket, serverPid, session, pane } = place;
  // Who owns the server runs what we tell it, as themselves (sudo with TMUX kept). One that cannot be seen does not answer.
  const owner = await stat(socket).catch(() => null);
  if (owner !== null && owner.uid !== uid) {
    throw new BottleError("USAGE", `the tmux at ${socket} is another user's`, { hint: HINT });
  }
  if (tools.tmux === undefined) {
    throw new BottleError("HOST_UNFIT", "--pane needs tmux in a folder of the system", { hint: "apt install tmux" });
  }
  const at = { tmux: tools.tmux, socket, session, target: `${session}:` };
  const asked = await ask(at, ["display-message", "-p", "#{pid}"]);
  if (asked.code !== 0 || asked.stdout.toString("latin1").trim() !== String(serverPid)) {
    const why = asked.code === 0 ? "another server is there by now" : said(asked);
    throw new BottleError("USAGE", `the tmux that TMUX names is gone: ${why}`, { hint: HINT });
  }
  if (pane === null) return at;
  // A pane that is gone is no error to display-message, and says nothing.
  const found = await ask(at, ["display-message", "-p", "-t", pane, "#{session_id} #{pane_id}"]);
  const [now = "", id] = found.stdout.toString("latin1").trim().split(" ");
  // It may have been moved into another session since it was opened.
  return id === pane && /^\$\d+$/.test(now) ? { ...at, session: now, target: pane } : at;
}

/**
 * Shows `command` in a pane of the operator's tmux: the one that shows this view already, else one of ours that is over,
 * else a new one, beside or below the caller's, or in a window of its own where there is no room. It gets the focus, and
 * stays when the command fails. Errors: HOST_UNFIT.
 */
export async function showInPane(at: OperatorTmux, mark: PaneMark, command: PaneCommand): Promise<ShownPane> {
  const wanted = { ...mark, ...(await surroundings(at)) };
  const panes = parsePanes((await must(at, ["list-panes", "-s", "-t", `${at.session}:`, "-F", PANE_FORMAT])).trimEnd());
  for (const choice of ways(choosePane(panes, wanted))) {
    if (choice.do === "show") {
      await focus(at, choice.pane);
      return { id: choice.pane.id, how: "show" };
    }
    const id = await open(at, choice, mark.name, command);
    if (id === null) continue;
    await setMark(at, id, mark);
    if (choice.do === "reuse") await focus(at, choice.pane);
    return { id, how: choice.do };
  }
  throw new BottleError("HOST_UNFIT", "your tmux opens neither a pane nor a window");
}

/** A pane may be gone or have no room by the time it is used. */
function ways(first: PaneChoice): readonly PaneChoice[] {
  return first.do === "window" || first.do === "show" ? [first] : [first, { do: "window" }];
}

async function surroundings(at: OperatorTmux): Promise<Pick<Wanted, "window" | "columns" | "rows">> {
  const text = await must(at, ["display-message", "-p", "-t", at.target, "#{window_id} #{pane_width} #{pane_height}"]);
  const [window = "", columns, rows] = text.trim().split(" ");
  return { window, columns: Number(columns), rows: Number(rows) };
}

/** Its id; null where tmux did not do it. */
async function open(
  at: OperatorTmux,
  choice: Exclude<PaneChoice, { do: "show" }>,
  name: string,
  { argv, env, cwd }: PaneCommand,
): Promise<string | null> {
  const variables = Object.entries(env).flatMap(([key, value]) => ["-e", tmuxWord(`${key}=${value}`)]);
  // Several words after `--` are run as they are, by no shell.
  const what = ["-c", tmuxText(cwd), ...variables, "--", ...argv.map(tmuxWord)];
  if (choice.do === "reuse") {
    const { id } = choice.pane;
    // Without -k: only one in which nothing runs.
    return (await ask(at, ["respawn-pane", "-t", id, ...what], env.PATH)).code === 0 ? id : null;
  }
  const where =
    choice.do === "split"
      ? ["split-window", choice.direction, "-t", at.target]
      : ["new-window", "-t", `${at.session}:`, "-n", name];
  const made = await ask(at, [...where, "-P", "-F", "#{pane_id}", ...what], env.PATH);
  const id = made.stdout.toString("latin1").trim();
  return made.code === 0 && /^%\d+$/.test(id) ? id : null;
}

/** By its id and not as tmux's current one, which may be the operator's own pane. */
async function setMark(at: OperatorTmux, id: string, { name, view }: PaneMark): Promise<void> {
  for (const option of [
    ["-p", "remain-on-exit", "failed"],
    ["-p", "remain-on-exit-format", `#{${NAME_OPTION}}: exit #{pane_dead_status}`],
    ["-p", NAME_OPTION, name],
    ["-pF", VIEW_OPTION, `${view}:#{pane_pid}`],
  ]) {
    const [how = "", ...words] = option;
    // It may have ended by now, and what it said with it: the bottle itself runs on.
    await ask(at, ["set-option", how, "-t", id, ...words]);
  }
}

async function focus(
  at: OperatorTmux,
  { id, window }: { readonly id: string; readonly window: string },
): Promise<void> {
  await must(at, ["select-window", "-t", `${at.session}:${window}`, ";", "select-pane", "-t", id]);
}

async function must(at: OperatorTmux, words: readonly string[]): Promise<string> {
  const done = await ask(at, words);
  if (done.code !== 0) throw new BottleError("HOST_UNFIT", `your tmux says: ${said(done)}`);
  return done.stdout.toString("utf8");
}

/** tmux tells its server the whole environment of a client; PATH is what a new pane takes from it. */
function ask({ tmux, socket }: OperatorTmux, words: readonly string[], path?: string): Promise<RunResult> {
  const env = { LC_CTYPE: "C.UTF-8", ...(path !== undefined && { PATH: path }) };
  return run({ argv: [tmux, "-N", "-S", socket, ...words], env }, { timeoutMs: ASK_MS });
}

function said({ stderr, timedOut }: RunResult): string {
  return timedOut ? "it does not answer" : stderr.toString("utf8").trim();
}
