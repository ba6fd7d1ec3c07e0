import { stat } from "node:fs/promises";
import { noticeBytes } from "../core/notices/terminal-bytes.ts";
import { run } from "../host/exec.ts";
import { DETACH_KEYS } from "../host/terminal-holder.ts";
import type { SessionContext } from "../session/context.ts";
import { readOverview } from "../session/overview.ts";
import { bottlePaths } from "../state/layout.ts";
import type { DashboardHost } from "./dashboard-host.ts";
import type { DashboardEvent, Effect } from "./events.ts";
import { handOver, suspend } from "./handoff.ts";
import { writeKept } from "./keeping.ts";
import type { Kept, Model } from "./model.ts";
import { runOwn } from "./own-command.ts";
import { loadPage, peekLines } from "./pages.ts";
import type { Screen } from "./screen.ts";

/** What effects are carried out with. */
export interface EffectPlace {
  readonly context: SessionContext;
  readonly host: DashboardHost;
  readonly screen: Screen;
  readonly watch: { look(): void };
  readonly dispatch: (event: DashboardEvent) => void;
  readonly write: (bytes: string | Uint8Array) => void;
  readonly quit: () => void;
  readonly current: () => Model;
}

const TMUX_MS = 3000;

export interface Effects {
  /** What goes wrong is said on the screen, and ends nothing. */
  carryOut(effect: Effect): void;
  /** Resolves when nobody else has the terminal. */
  released(): Promise<void>;
}

/** Carries out what `update` wants done. */
export function effectsOf(place: EffectPlace): Effects {
  const { context, host, dispatch, screen, watch, current } = place;
  const sizes = new Map<string, string>();
  let saving: Promise<unknown> = Promise.resolve();
  let lent = false;
  let back: Promise<unknown> = Promise.resolve();

  const complain = (text: string) => dispatch({ type: "said", text, bad: true });
  const fail = (error: unknown) => complain(error instanceof Error ? error.message : String(error));

  async function lend<T>(work: () => Promise<T>, toOther = true): Promise<T | null> {
    if (lent) return null;
    lent = true;
    // Ctrl-Z is meant for this very process when it stops itself.
    const keep = toOther ? host.lend() : () => undefined;
    try {
      const lending = screen.lend(work);
      back = lending.catch(() => undefined);
      return await lending;
    } finally {
      keep();
      lent = false;
      watch.look();
    }
  }

  async function handoff(words: readonly string[]): Promise<void> {
    const talk = words[0] !== "edit";
    const done = await lend(() => handOver(host.own, words, context.facts.tools.stty, talk, context.signal));
    if (done === null || done.code === 0) return;
    const [last = `it ended with exit ${done.code}`] = done.words.trim().split("\n").slice(-1);
    // A shell's own exit code is nobody's failure.
    if (words[0] === "exec" && done.words.trim() === "") return;
    complain(last);
  }

  async function attach(bottle: string, readOnly: boolean): Promise<void> {
    const words = ["attach", ...(readOnly ? ["--read-only"] : [])];
    if (host.own.env.TMUX) {
      const { ok, text } = await runOwn(host.own, [...words, "--pane", bottle]);
      if (!ok) complain(text.split("\n")[0] ?? "");
      return;
    }
    const done = await lend(async () => {
      process.stdout.write(`bottle: ${bottle}: ${DETACH_KEYS} comes back to the dashboard\r\n`);
      return handOver(host.own, [...words, bottle], context.facts.tools.stty, true, context.signal);
    });
    if (done !== null && done.code === 125) complain(done.words.trim().split("\n").at(-1) ?? "");
  }

  function save(kept: Kept): void {
    saving = saving.then(() => writeKept(context.layout, context.facts.uid, kept)).catch(fail);
  }

  async function copy(text: string): Promise<void> {
    const [socket] = (host.own.env.TMUX ?? "").split(",");
    const { tmux } = context.facts.tools;
    // tmux takes no OSC 52 of a program by default, and sets the clipboard when it is told to; not another user's.
    if (socket && tmux !== undefined && (await stat(socket).catch(() => null))?.uid === context.facts.uid) {
      const argv = [tmux, "-N", "-S", socket, "load-buffer", "-w", "-"];
      if ((await run({ argv, env: {} }, { stdin: Buffer.from(text), timeoutMs: TMUX_MS })).code === 0) return;
    }
    place.write(`\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`);
  }

  /** Has the bottle printed anything since this was asked last? */
  async function grew(what: string, bottle: string): Promise<boolean> {
    const { agentLog } = bottlePaths(context.layout, bottle);
    const now = await stat(agentLog).then(
      ({ size, ino }) => `${bottle} ${ino} ${size}`,
      () => bottle,
    );
    const before = sizes.get(what);
    sizes.set(what, now);
    return before !== now;
  }

  async function choices(): Promise<void> {
    const { agents, bottles } = await readOverview(host.own.cwd, context);
    const whole = <T extends { readonly broken: boolean; readonly name: string }>(all: readonly T[]) =>
      all.filter(({ broken }) => !broken).map(({ name }) => name);
    dispatch({ type: "choices", agents: whole(agents), bottles: whole(bottles) });
  }

  async function carryOut(effect: Effect): Promise<void> {
    switch (effect.do) {
      case "run": {
        const { ok, text } = await runOwn(host.own, effect.words);
        dispatch({ type: "ran", purpose: effect.purpose, ok, text });
        watch.look();
        return;
      }
      case "attach":
        return attach(effect.bottle, effect.readOnly);
      case "handoff":
        return handoff(effect.words);
      case "load": {
        const { kind, bottle } = effect;
        if (bottle === null || (kind === "log" && current().page?.lines.length !== 0 && !(await grew("log", bottle))))
          return;
        dispatch({ type: "page", kind, bottle, lines: await loadPage(kind, bottle, host.own, context) });
        return;
      }
      case "peek":
        if (current().peek?.bottle === effect.bottle && !(await grew("peek", effect.bottle))) return;
        dispatch({ type: "peek", bottle: effect.bottle, lines: await peekLines(effect.bottle, context) });
        return;
      case "choices":
        return choices();
      case "copy":
        return copy(effect.text);
      case "save":
        return save(effect.kept);
      case "notify":
        if (!lent) place.write(noticeBytes({ text: effect.text, command: null }, host.own.env));
        return;
      case "suspend":
        await lend(suspend, false);
        return;
      case "redraw":
        await lend(async () => undefined, false);
        return;
      case "quit":
        await saving;
        place.quit();
    }
  }
  return {
    carryOut: (effect) => void carryOut(effect).catch(fail),
    released: async () => void (await back),
  };
}
