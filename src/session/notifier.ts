import type { Notice } from "../core/model/notice.ts";
import { createCoalescer } from "../core/notices/coalescer.ts";
import { noticeBytes } from "../core/notices/terminal-bytes.ts";
import { lostNotice } from "../core/notices/words.ts";
import { type TerminalNotices, terminalNotices } from "../host/terminal-notices.ts";
import type { LivePaths } from "../state/layout.ts";
import { type ReadSettings, readNotifySettings } from "../state/notify-settings.ts";
import type { SessionContext } from "./context.ts";

/** Tells the operator of one bottle. Nothing that goes wrong here changes the bottle. */
export interface Notifier {
  readonly settings: ReadSettings["settings"];
  /** Where it is shown while the agent has the operator's terminal. */
  readonly terminal: TerminalNotices;
  tell(notice: Notice): void;
  /** Not on this process's own terminal. */
  tellElsewhere(notice: Notice): void;
  /** Only on attached terminals, which are let go before all is undone. */
  tellAttached(notice: Notice): void;
  /** The bottle ends in order: its terminals are let go, and its end is no crash of this process. */
  released(): Promise<void>;
  /** Resolves when all was told, or soon. */
  close(): Promise<void>;
}

/**
 * Opens the operator's ways of being told: by their command, on this process's terminal, and, of a `detached` bottle, on
 * attached ones.
 */
export async function openNotifier(
  bottle: string,
  paths: Pick<LivePaths, "notices">,
  detached: boolean,
  { env, facts, layout, say }: SessionContext,
): Promise<Notifier> {
  const { settings, problem } = await readNotifySettings(layout, facts.home, facts.uid);
  if (problem !== null) say(`bottle: note: no notify command is run: ${problem}`);
  /** One way less is no reason to have no bottle. */
  const way = async <T>(wanted: boolean, what: string, open: () => Promise<T> | T): Promise<T | null> => {
    try {
      return wanted ? await open() : null;
    } catch (error) {
      say(`bottle: note: ${what}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  };
  const argv = settings.command;
  const hook = argv === null ? null : await import("../host/notify-command.ts");
  const command = hook === null || argv === null ? null : hook.notifyCommand(argv, env, say);
  const broken = hook === null || argv === null ? null : hook.commandProblem(argv);
  if (broken !== null) say(`bottle: note: the notify command tells nobody: ${broken}; bottle doctor`);
  const attached = await way(detached && settings.terminal, "attached terminals are told nothing", async () =>
    (await import("./notice-stream.ts")).serveNotices(paths.notices),
  );
  const onTerminal = settings.terminal && !detached && process.stderr.isTTY === true;
  const terminal = terminalNotices(onTerminal ? (bytes) => void process.stderr.write(bytes) : null);
  const lost = lostNotice(bottle);
  const guard = await way(
    settings.events.includes(lost.kind),
    "nobody would tell of a killed host process",
    async () => {
      if (hook === null || argv === null) return null;
      const { armSwitch } = await import("../host/dead-mans-switch.ts");
      return armSwitch(hook.noticeCommand(argv, env, lost), hook.noticeJson(lost));
    },
  );
  const coalescer = createCoalescer();
  let timer: NodeJS.Timeout | undefined;

  const deliver = (notice: Notice, here = true) => {
    command?.tell(notice);
    attached?.tell(notice);
    if (settings.terminal && here) terminal.put(noticeBytes(notice, env));
  };
  const wait = () => {
    const next = coalescer.next();
    clearTimeout(timer);
    if (next === null) return;
    timer = setTimeout(
      () => {
        for (const notice of coalescer.due(performance.now())) deliver(notice);
        wait();
      },
      Math.max(1, next - performance.now()),
    );
    timer.unref();
  };
  return {
    settings,
    terminal,
    tell: (notice) => {
      if (!settings.events.includes(notice.kind)) return;
      const now = coalescer.push(notice, performance.now());
      if (now !== null) deliver(now);
      wait();
    },
    tellElsewhere: (notice) => {
      if (settings.events.includes(notice.kind)) deliver(notice, false);
    },
    tellAttached: (notice) => {
      if (settings.events.includes(notice.kind)) attached?.tell(notice);
    },
    released: async () => {
      // What was held back is answered, or gone with the bottle.
      clearTimeout(timer);
      await Promise.all([attached?.close(), guard?.release()]);
    },
    close: async () => command?.close(),
  };
}
