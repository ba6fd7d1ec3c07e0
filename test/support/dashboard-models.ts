import type { DashboardEvent, Effect } from "../../src/dashboard/events.ts";
import { type BottleView, emptyModel, type ItemView, type Model } from "../../src/dashboard/model.ts";
import { update } from "../../src/dashboard/update.ts";

/** 14:02:11 UTC. */
export const NOW = Date.parse("2026-03-01T14:02:11.000Z");
const MINUTE = 60_000;

/** A bottle as the screen shows it. */
export function bottle(name: string, more: Partial<BottleView> = {}): BottleView {
  return {
    ...{ name, agent: "claude", backend: "bubblewrap", mark: "*", what: "works", source: "the gateway" },
    ...{ since: NOW - MINUTE, createdAt: NOW - 60 * MINUTE, costMicros: null, running: true, attachable: true },
    ...{ resumable: false, workspace: `/home/ann/${name}`, items: [], grants: [], run: `${name} 1` },
    ...more,
  };
}

/** A request that waits. */
export function request(of: string, id: string, more: Partial<ItemView> = {}): ItemView {
  return {
    ...{ id, bottle: of, kind: "request", title: "POST files.example.com:443/upload/report.xml" },
    seen: ["no rule allows it (host-not-listed)", "body of 5120 bytes, text/xml, sha256 9f86d081884c7d65"],
    words: "upload the test report",
    adds: ["+ https://files.example.com:443 POST /upload/report.xml"],
    ...{ flags: [], label: "com", answers: ["once", "for", "bottle", "deny"], count: 1 },
    ...{ createdAt: NOW - 3 * MINUTE, expiresAt: NOW + 7 * MINUTE, review: null },
    ...more,
  };
}

/** Eight bottles of every kind. */
export const FLEET: readonly BottleView[] = [
  bottle("api-refactor", { items: [request("api-refactor", "9f3a01bc-7")], costMicros: 1_120_000 }),
  bottle("docs-site", {
    agent: "codex",
    items: [
      request("docs-site", "1c22aa00-2", {
        kind: "review",
        title: 'asks "Shall the old URLs stay?"',
        words: "Shall the old URLs stay?",
        ...{ seen: [], adds: [], answers: ["once", "deny"], createdAt: NOW - MINUTE, expiresAt: null },
      }),
    ],
  }),
  bottle("auth-fix", { what: "Edit src/auth/token.ts", since: NOW - 12_000, costMicros: 410_000 }),
  bottle("perf-bench", { what: "Bash npm test", since: NOW - 2 * MINUTE, costMicros: 2_590_000 }),
  bottle("i18n", {
    agent: "gemini",
    mark: "~",
    what: "runs",
    source: "nobody says what it does",
    since: NOW - 40 * MINUTE,
  }),
  bottle("changelog", {
    ...{ mark: "#", what: "exit 0", source: "the record", running: false, resumable: true, since: NOW - 22 * MINUTE },
  }),
  bottle("old-spike", {
    ...{
      mark: "x",
      what: "exit 137",
      source: "the record",
      running: false,
      resumable: true,
      since: NOW - 26 * 60 * MINUTE,
    },
  }),
  bottle("scratch", { agent: "shell", mark: "o", what: "idle", source: "the agent's hook", since: NOW - 130 * MINUTE }),
];

/** A model in which these bottles have just been seen. */
export function fleetModel(columns: number, rows: number, bottles = FLEET, readOnly = false): Model {
  const [model] = update(emptyModel({ columns, rows }, NOW, readOnly), {
    type: "snapshot",
    snapshot: { bottles, costToday: 4_120_000, denied: 2 },
    at: NOW,
  });
  return model;
}

/** The model after these events, and all that was to be done. */
export function after(model: Model, events: readonly DashboardEvent[]): readonly [Model, readonly Effect[]] {
  const effects: Effect[] = [];
  let now = model;
  for (const event of events) {
    const [next, more] = update(now, event);
    now = next;
    effects.push(...more);
  }
  return [now, effects];
}

/** Keys, each a moment after the one before. `at` is when the first is pressed. */
export function press(
  model: Model,
  keys: readonly string[],
  at = model.now + 1000,
): readonly [Model, readonly Effect[]] {
  return after(
    model,
    keys.map((key, index) => ({ type: "key", key, at: at + index * 500 })),
  );
}
