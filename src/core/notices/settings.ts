import { NOTIFY_DEFAULTS, type NotifyDefinition, type NotifySettings } from "../model/notice.ts";
import { expandHome } from "../plan/home-path.ts";
import { parseSize } from "../plan/sizes.ts";

/** What a sound `notify` of the operator's file means, with the defaults for what it does not say. */
export function notifySettings(definition: NotifyDefinition, home: string): NotifySettings {
  const { command, events, terminal, stallMinutes, diskFree } = definition;
  const [program, ...args] = command ?? [];
  return {
    command: program === undefined ? null : [expandHome(program, home), ...args],
    events: events ?? NOTIFY_DEFAULTS.events,
    terminal: terminal ?? NOTIFY_DEFAULTS.terminal,
    stallMs: stallMinutes === undefined ? NOTIFY_DEFAULTS.stallMs : stallMinutes * 60_000,
    diskBytes: (diskFree === undefined ? null : parseSize(diskFree)) ?? NOTIFY_DEFAULTS.diskBytes,
  };
}
