import { type Keymap, keymapOf } from "../core/model/dashboard-keys.ts";
import { manifestError } from "../core/plan/manifest-problems.ts";
import { readTextFile } from "../host/files.ts";
import type { Layout } from "./layout.ts";
import { ofTrustedOwner } from "./trusted-owner.ts";

/** How the operator uses the dashboard. */
export interface DashboardSettings {
  readonly keys: Keymap;
  readonly mouse: boolean;
  /** Why their file was not asked; null: it was, or there is none. */
  readonly problem: string | null;
}

/**
 * What the operator's own file says of the dashboard; no project's file is looked at (attack row 141). A file that cannot
 * be read keeps nobody from looking at their bottles. Errors: MANIFEST_INVALID for what it says of the dashboard itself,
 * since keys that do something else than their owner thinks are worse than none.
 */
export async function readDashboardSettings(layout: Layout, uid: number): Promise<DashboardSettings> {
  const path = layout.operatorManifest;
  const defaults: DashboardSettings = { keys: keymapOf(), mouse: true, problem: null };
  const file = ofTrustedOwner(await readTextFile(path), uid);
  if (file.kind === "missing") return defaults;
  if (file.kind !== "text") return { ...defaults, problem: `the dashboard has its own keys: ${path} ${file.why}` };
  // Without the word the schema, which takes long to load, has nothing to say.
  if (!file.text.includes("dashboard") && !file.text.includes("\\u")) return defaults;
  const { checkManifest } = await import("./manifest-check.ts");
  const { dashboard, faults } = checkManifest(file.text, { by: "operator", file: path });
  const own = faults.filter(({ path: [key] }) => key === "dashboard").map(({ problem }) => problem);
  if (own.length > 0) throw manifestError("the dashboard's settings cannot be used", own);
  const [whole] = faults.filter(({ path: [key] }) => key === undefined);
  if (whole !== undefined) {
    return { ...defaults, problem: `the dashboard has its own keys: ${path}: ${whole.problem.message}` };
  }
  return { keys: keymapOf(dashboard?.keys), mouse: dashboard?.mouse ?? true, problem: null };
}
