import type { Answer, EgressLine, Kept, Model, PageKind, Snapshot } from "./model.ts";

import type { PointerReport } from "./pointer-reports.ts";

/** A key: the character itself, or a name (`enter`, `esc`, `space`, `tab`, `up`, `pagedown`, `ctrl-d`). */
export type Key = string;

/** What happens to the dashboard. Times are milliseconds since the epoch. */
export type DashboardEvent =
  | { readonly type: "key"; readonly key: Key; readonly at: number }
  | { readonly type: "pointer"; readonly report: PointerReport; readonly at: number }
  | { readonly type: "paste"; readonly text: string; readonly at: number }
  | { readonly type: "snapshot"; readonly snapshot: Snapshot; readonly at: number }
  | { readonly type: "tick"; readonly at: number }
  | { readonly type: "size"; readonly columns: number; readonly rows: number }
  | { readonly type: "ran"; readonly purpose: Purpose; readonly ok: boolean; readonly text: string }
  | { readonly type: "said"; readonly text: string; readonly bad: boolean }
  | {
      readonly type: "page";
      readonly kind: PageKind;
      readonly bottle: string | null;
      readonly lines: readonly string[];
    }
  | { readonly type: "peek"; readonly bottle: string; readonly lines: readonly string[] }
  | { readonly type: "egress"; readonly lines: readonly EgressLine[] }
  | { readonly type: "choices"; readonly agents: readonly string[]; readonly bottles: readonly string[] };

/** What a command was for, so that its end can be told. */
export type Purpose =
  | { readonly for: "answer"; readonly item: string; readonly bottle: string; readonly answer: Answer }
  | { readonly for: "undo"; readonly item: string }
  | { readonly for: "words"; readonly title: string }
  | { readonly for: "remove"; readonly bottle: string }
  | { readonly for: "act"; readonly what: string };

/** What the dashboard wants done; `words` are those of `bottle`. */
export type Effect =
  | { readonly do: "run"; readonly words: readonly string[]; readonly purpose: Purpose }
  | { readonly do: "attach"; readonly bottle: string; readonly readOnly: boolean }
  | { readonly do: "handoff"; readonly words: readonly string[] }
  | { readonly do: "load"; readonly kind: PageKind; readonly bottle: string | null }
  | { readonly do: "peek"; readonly bottle: string }
  | { readonly do: "choices" }
  | { readonly do: "copy"; readonly text: string }
  | { readonly do: "save"; readonly kept: Kept }
  | { readonly do: "notify"; readonly text: string }
  | { readonly do: "quit" }
  | { readonly do: "suspend" }
  | { readonly do: "redraw" };

/** The model after an event, and what is to be done. */
export type Step = readonly [Model, readonly Effect[]];

/** Says something at the bottom. */
export function say(model: Model, text: string, bad = false): Model {
  return { ...model, said: { text, bad } };
}
