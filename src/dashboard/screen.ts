import { Box, type Key as InkKey, render, Text, useApp, useInput, usePaste } from "ink";
import { createElement, type FC } from "react";
import type { Key } from "./events.ts";
import { type PointerReport, pointerSieve } from "./pointer-reports.ts";

/** What Ink does for the dashboard: keys in, lines out, and the terminal lent to others. */
export interface Screen {
  /** Shows these lines; each holds its own colours and fits the terminal. */
  show(lines: readonly string[]): void;
  /** Leaves the terminal to `work`, and draws all of it anew afterwards. */
  lend<T>(work: () => Promise<T>): Promise<T>;
  /** Takes the screen down. Idempotent. */
  close(): Promise<void>;
}

export interface ScreenHeard {
  readonly key: (key: Key) => void;
  readonly paste: (text: string) => void;
  /** null: the mouse is the terminal's own. */
  readonly pointer: ((report: PointerReport) => void) | null;
}

/** Presses and the wheel (1000), in decimal (1006), and the focus (1004): xterm control sequences. */
const POINTER_ON = "\u001b[?1000h\u001b[?1006h\u001b[?1004h";
const POINTER_OFF = "\u001b[?1000l\u001b[?1006l\u001b[?1004l";

interface Props {
  readonly lines: readonly string[];
}

/** Opens the alternate screen on this process's terminal. */
export function openScreen(heard: ScreenHeard): Screen {
  let suspend: ReturnType<typeof useApp>["suspendTerminal"] | null = null;
  const Root: FC<Props> = ({ lines }) => {
    suspend = useApp().suspendTerminal;
    useInput((input, key) => {
      for (const one of keysOf(input, key)) heard.key(one);
    });
    usePaste((text) => heard.paste(text));
    return createElement(
      Box,
      { flexDirection: "column" },
      // An empty Text has no height.
      lines.map((line, at) => createElement(Text, { key: at, wrap: "truncate-end" }, line === "" ? " " : line)),
    );
  };
  const ink = render(createElement(Root, { lines: [] }), {
    exitOnCtrlC: false,
    patchConsole: false,
    alternateScreen: true,
    incrementalRendering: true,
    // Whatever CI says: this was opened on a terminal.
    interactive: true,
  });
  let closed = false;
  const { pointer } = heard;
  const unsift = pointer === null ? null : siftInput(pointer);
  const report = (on: boolean) => {
    if (pointer !== null && !closed) process.stdout.write(on ? POINTER_ON : POINTER_OFF);
  };
  report(true);
  return {
    show: (lines) => {
      if (!closed) ink.rerender(createElement(Root, { lines }));
    },
    async lend<T>(work: () => Promise<T>): Promise<T> {
      if (suspend === null) return work();
      const results: T[] = [];
      report(false);
      try {
        await suspend(async () => {
          results.push(await work());
        });
      } finally {
        report(true);
      }
      return results[0] as T;
    },
    async close() {
      if (closed) return;
      report(false);
      closed = true;
      unsift?.();
      ink.unmount();
      await ink.waitUntilExit().catch(() => undefined);
    },
  };
}

/** Takes reports out of what Ink reads: it has no ear for them, and takes one that comes in two pieces for keys. */
function siftInput(hear: (report: PointerReport) => void): () => void {
  const { stdin } = process;
  const sift = pointerSieve();
  const read = stdin.read.bind(stdin);
  stdin.read = (size?: number): unknown => {
    const piece: unknown = read(size);
    if (typeof piece !== "string") return piece;
    const { rest, reports } = sift(piece);
    for (const report of reports) hear(report);
    return rest;
  };
  return () => {
    stdin.read = read;
  };
}

const NAMED: readonly (readonly [keyof InkKey, Key])[] = [
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["pageUp", "pageup"],
  ["pageDown", "pagedown"],
  ["home", "home"],
  ["end", "end"],
  ["return", "enter"],
  ["escape", "esc"],
  ["backspace", "backspace"],
  ["delete", "delete"],
];

/** The keys in what Ink took for one: several that came at once are several keys. */
function keysOf(input: string, key: InkKey): readonly Key[] {
  if (key.tab) return [key.shift ? "shift-tab" : "tab"];
  const named = NAMED.find(([name]) => key[name] === true);
  if (named !== undefined) return [named[1]];
  if (key.ctrl) return /^[a-z]$/.test(input) ? [`ctrl-${input}`] : [];
  if (key.meta) return [];
  return [...input].flatMap((character): readonly Key[] => {
    if (character === " ") return ["space"];
    if (character === "\r" || character === "\n") return ["enter"];
    if (character === "\t") return ["tab"];
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x1b && code > 0) return [`ctrl-${String.fromCharCode(code + 0x60)}`];
    return code < 0x20 || code === 0x7f ? [] : [character];
  });
}
