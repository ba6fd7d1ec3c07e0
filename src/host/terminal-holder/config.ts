import type { Clipboard } from "../../core/wire/terminal-output.ts";

/** Ctrl-]: the one that consoles take (telnet, virsh), and no agent. */
const PREFIX = "C-]";

/**
 * The whole configuration of the tmux server that holds one agent's terminal: PURE. No key but the few below does anything
 * in tmux, so that every other one reaches the agent; no window can be opened, no variable of a client comes in, and
 * nothing that the agent prints reaches the operator's terminal unread (tmux(1)).
 */
export function holderConfig({ clipboard }: { readonly clipboard: Clipboard }): string {
  return `${[
    "set -s escape-time 25",
    "set -s extended-keys on",
    "set -s focus-events on",
    `set -s set-clipboard ${clipboard === "on" ? "on" : "external"}`,
    "set -s default-terminal tmux-256color",
    "set -s buffer-limit 5",
    "set -g update-environment ''",
    "set-environment -g COLORTERM truecolor",
    "set-environment -gr TMPDIR",
    // Nobody opens another window; where one is asked for all the same, it ends at once.
    "set -g default-command 'exit 1'",
    "set -g allow-passthrough off",
    "set -g allow-rename off",
    "set -g automatic-rename off",
    "set -g remain-on-exit off",
    "set -g destroy-unattached off",
    "set -g status off",
    "set -g mouse on",
    "set -g history-limit 10000",
    "set -g window-size latest",
    "set -g set-titles on",
    // Not the agent's, in which tmux leaves direction overrides.
    "set -g set-titles-string '#{session_name}'",
    "unbind -a -T prefix",
    "unbind -a -T root",
    `set -g prefix ${PREFIX}`,
    "set -g prefix2 None",
    `bind ${PREFIX} send-prefix`,
    "bind d detach-client",
    "bind [ copy-mode",
    "bind PPage copy-mode -u",
    "bind -n WheelUpPane if -F '#{||:#{pane_in_mode},#{mouse_any_flag}}' { send -M } { copy-mode -e }",
    "bind -n WheelDownPane send -M",
    "bind -n MouseDown1Pane send -M",
    "bind -n MouseDrag1Pane if -F '#{||:#{pane_in_mode},#{mouse_any_flag}}' { send -M } { copy-mode -M }",
  ].join("\n")}\n`;
}

/** What the operator's terminal can do beyond its terminfo, as its environment says: PURE (tmux(1), -T). */
export function clientFeatures(env: Readonly<Record<string, string | undefined>>): string {
  const { TERM = "", COLORTERM = "" } = env;
  const rich = /^(?:xterm|alacritty|foot|ghostty|wezterm|kitty|tmux|screen|rxvt|st-|vte|iterm)/.test(TERM);
  const colours = /^(?:truecolor|24bit)$/.test(COLORTERM) || TERM.endsWith("-direct");
  return [
    "256",
    ...(colours ? ["RGB"] : []),
    ...(rich ? ["title", "clipboard", "extkeys", "bpaste", "focus", "mouse"] : []),
  ].join(",");
}
