import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, type Operator } from "./operator.ts";

/** A real terminal: a tmux server of its own with one window of the given size, running a shell. */
export interface Screen extends Disposable {
  tmux(...args: string[]): string;
  text(): string;
  type(line: string): void;
  shows(pattern: RegExp): Promise<string>;
}

/** Opens a terminal in the operator's folder, with `bottle` on PATH. */
export function openScreen(
  operator: Operator,
  columns: number,
  rows: number,
  more: Readonly<Record<string, string>> = {},
): Screen {
  const folder = mkdtempSync(join(tmpdir(), "screen-"));
  chmodSync(folder, 0o700);
  const socket = join(folder, "tmux.sock");
  const tmux = (...args: string[]) => {
    const run = spawnSync("tmux", ["-S", socket, "-f", "/dev/null", ...args], { encoding: "utf8", env: operator.env });
    return run.stdout;
  };
  // A command of one word, so that what is typed stays short enough to be read back.
  const bottle = join(folder, "bottle");
  writeFileSync(bottle, `#!/bin/sh\nexec ${operator.words.join(" ")} "$@"\n`, { mode: 0o755 });
  // tmux gives its panes the server's PATH whatever -e says: env(1) sets what the shell shall have.
  const env = Object.entries({
    ...operator.env,
    ...more,
    PATH: `${folder}:${operator.env.PATH}`,
    PS1: "$ ",
    HISTFILE: "/dev/null",
  });
  tmux(
    ...["new-session", "-d", "-x", String(columns), "-y", String(rows), "-c", operator.workspace],
    ...["env", ...env.map(([name, value]) => `${name}=${value}`), "bash", "--norc", "--noprofile"],
  );
  const text = () => tmux("capture-pane", "-p");
  return {
    tmux,
    text,
    type: (line) => {
      tmux("send-keys", "-l", line);
      tmux("send-keys", "Enter");
    },
    shows: (pattern) =>
      eventually(`the screen shows ${pattern}, not ${text()}`, () => (pattern.test(text()) ? text() : null)),
    [Symbol.dispose]: () => {
      tmux("kill-server");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
