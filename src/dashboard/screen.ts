import { Box, type Key as InkKey, render, Text, useApp, useInput, usePaste } from "ink";
import { createElement, type FC } from "react";
import type { Key } from "./events.ts";

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
}

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
  return {
    show: (lines) => {
      if (!closed) ink.rerender(createElement(Root, { lines }));
    },
    async lend<T>(work: () => Promise<T>): Promise<T> {
      if (suspend === null) return work();
      const results: T[] = [];
      await suspend(async () => {
        results.push(await work());
      });
      return results[0] as T;
    },
    async close() {
      if (closed) return;
      closed = true;
      ink.unmount();
      await ink.waitUntilExit().catch(() => undefined);
    },
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
