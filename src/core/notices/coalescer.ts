import type { Notice, NoticeKind } from "../model/notice.ts";
import { mergedNotice } from "./words.ts";

/** After one notice the next of its kind waits so long, and stands for all that came meanwhile. */
const QUIET_MS = 60_000;

/** Decides when a notice is told, so that an agent that asks a thousand times is told of twice. */
export interface Coalescer {
  /** What to tell at once of it; null: it is held back. */
  push(notice: Notice, now: number): Notice | null;
  /** What was held back long enough. */
  due(now: number): readonly Notice[];
  /** When `due` has something next; null: nothing is held back. */
  next(): number | null;
}

interface Held {
  until: number;
  last: Notice | null;
  more: number;
}

/** One coalescer for each bottle: its kinds do not hold each other back. */
export function createCoalescer(quietMs = QUIET_MS): Coalescer {
  const kinds = new Map<NoticeKind, Held>();
  return {
    push: (notice, now) => {
      const held = kinds.get(notice.kind);
      if (held === undefined || (now >= held.until && held.last === null)) {
        kinds.set(notice.kind, { until: now + quietMs, last: null, more: 0 });
        return notice;
      }
      if (held.last !== null) held.more += 1;
      held.last = notice;
      return null;
    },
    due: (now) => {
      const told: Notice[] = [];
      for (const held of kinds.values()) {
        if (held.last === null || now < held.until) continue;
        told.push(mergedNotice(held.last, held.more));
        held.until = now + quietMs;
        held.last = null;
        held.more = 0;
      }
      return told;
    },
    next: () => {
      const times = [...kinds.values()].filter(({ last }) => last !== null).map(({ until }) => until);
      return times.length === 0 ? null : Math.min(...times);
    },
  };
}
