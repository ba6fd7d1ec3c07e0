import type { KeyAction } from "../../core/model/dashboard-keys.ts";
import type { Step } from "../events.ts";
import type { ListView, Model } from "../model.ts";
import { inView, settled } from "../rows.ts";
import { openPage } from "./page.ts";

const VIEWS: Readonly<Partial<Record<KeyAction, ListView>>> = {
  ...{ "view-all": "all", "view-needs": "needs", "view-working": "working", "view-ended": "ended" },
};

/** A key that chooses what the screen shows, from the list or from a page; null: it is none. */
export function viewKey(model: Model, action: KeyAction | null): Step | null {
  if (action === "view-egress") return openPage(model, "egress", null);
  const view = action === null ? undefined : VIEWS[action];
  return view === undefined ? null : [settled({ ...model, view, page: null }), []];
}

/** What has the focus takes the whole screen, or gives it back. */
export function zoomed(model: Model): Model {
  return inView({ ...model, zoom: !model.zoom });
}
