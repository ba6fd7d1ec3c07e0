import { keepTerminal } from "../host/terminal.ts";
import { guardTerminal } from "../host/terminal-guard.ts";
import type { SessionContext } from "../session/context.ts";
import { readDashboardSettings } from "../state/dashboard-settings.ts";
import type { DashboardHost } from "./dashboard-host.ts";
import { effectsOf } from "./effects.ts";
import { type DashboardEvent, say } from "./events.ts";
import { readKept } from "./keeping.ts";
import { emptyModel, type Model } from "./model.ts";
import { painted } from "./paint.ts";
import type { Screen } from "./screen.ts";
import { update } from "./update.ts";
import { titleOf, view } from "./view.ts";
import { openWatch } from "./watch.ts";

const TITLE_SAVE = "\u001b[22;0t";
const TITLE_BACK = "\u001b[23;0t";
/** A window that is dragged changes its size many times. */
const RESIZE_MS = 40;

/** Runs until the operator quits, the terminal goes, or a signal comes. Bottles run on. Resolves the exit code. */
export async function runDashboard(context: SessionContext, host: DashboardHost): Promise<number> {
  // React decides by it when it is loaded: its other build is slower, and keeps measures that nobody reads.
  process.env.NODE_ENV = "production";
  const [{ openScreen }, settings, kept] = await Promise.all([
    import("./screen.ts"),
    readDashboardSettings(context.layout, context.facts.uid),
    readKept(context.layout, host.theme === "light" ? "light" : "dark"),
  ]);
  const terminal = keepTerminal(context.facts.tools.stty);
  const { stty } = context.facts.tools;
  const guard = stty === undefined || terminal.state === null ? null : guardTerminal(stty, terminal.state);
  const talk: string[] = [];
  host.divert((line) => talk.push(line));
  let model = emptyModel(sizeNow(), Date.now(), host.readOnly, kept, settings.keys);
  if (settings.problem !== null) model = say(model, settings.problem, true);
  let shown = "";
  let title = "";
  let over = false;
  let guarded = false;
  const { promise, resolve: end } = Promise.withResolvers<void>();
  const write = (bytes: string | Uint8Array) => void process.stdout.write(bytes);
  write(TITLE_SAVE);
  const screen: Screen = openScreen({
    key: (key) => dispatch({ type: "key", key, at: Date.now() }),
    paste: (text) => dispatch({ type: "paste", text, at: Date.now() }),
    pointer: settings.mouse ? (report) => dispatch({ type: "pointer", report, at: Date.now() }) : null,
  });

  function paint(): void {
    const lines = view(model).map((line) => painted(line, host.theme === "none" ? "none" : model.kept.theme));
    const all = lines.join("\n");
    if (all === shown || over) return;
    shown = all;
    screen.show(lines);
    const now = titleOf(model);
    if (now === title) return;
    title = now;
    write(`\u001b]2;${now}\u0007`);
  }

  function dispatch(event: DashboardEvent): void {
    if (over) return;
    const [next, effects] = update(model, event);
    const painting = event.type !== "tick" || showsTime(model, next);
    model = next;
    if (painting) paint();
    for (const effect of effects) carryOut(effect);
  }

  const watch = openWatch(context, {
    snapshot: (snapshot, at) => {
      dispatch({ type: "snapshot", snapshot, at });
      // Keys are read by now, one by one.
      if (!guarded) guard?.learn();
      guarded = true;
    },
    egress: (lines) => dispatch({ type: "egress", lines }),
    tick: (at) => dispatch({ type: "tick", at }),
  });
  const { carryOut, released } = effectsOf({
    ...{ context, host, screen, dispatch, write, watch, quit: end },
    current: (): Model => model,
  });

  let resizing: NodeJS.Timeout | undefined;
  const resized = () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => dispatch({ type: "size", ...sizeNow() }), RESIZE_MS);
  };
  const gone = () => end();
  const forget = host.resumed(() => carryOut({ do: "redraw" }));
  process.stdout.on("resize", resized);
  process.stdin.on("end", gone).on("error", gone).on("close", gone);
  context.signal.addEventListener("abort", gone, { once: true });
  if (context.signal.aborted) end();
  try {
    await promise;
  } finally {
    over = true;
    clearTimeout(resizing);
    watch.close();
    forget();
    process.stdout.off("resize", resized);
    process.stdin.off("end", gone).off("close", gone);
    await released();
    await screen.close();
    write(TITLE_BACK);
    terminal.restore();
    guard?.dismiss();
    host.divert((line) => void process.stderr.write(`${line}\n`));
    for (const line of talk) context.say(line);
    for (const { name } of model.removals) context.say(`bottle: ${name} was not removed: bottle rm ${name}`);
  }
  return 0;
}

/** Drawing all of a screen costs most of what a dashboard at rest takes: ages may be so old there, a countdown less. */
const REST_STEP_MS = 15_000;
const COUNTDOWN_STEP_MS = 5000;

/** Does a tick change what is drawn? A screen at rest is not even computed in between. */
function showsTime(before: Model, next: Model): boolean {
  const step = next.removals.length > 0 ? COUNTDOWN_STEP_MS : REST_STEP_MS;
  const stepped = Math.floor(before.now / step) !== Math.floor(next.now / step);
  return stepped || before.list !== next.list || before.removals !== next.removals || before.busy !== next.busy;
}

/** Of the terminal; a size of zero is none. */
function sizeNow(): { readonly columns: number; readonly rows: number } {
  const { columns, rows } = process.stdout;
  return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
}
