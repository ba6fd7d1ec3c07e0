import { NOTIFY_DEFAULTS, type NotifySettings } from "../core/model/notice.ts";
import { notifySettings } from "../core/notices/settings.ts";
import { readTextFile } from "../host/files.ts";
import type { Layout } from "./layout.ts";
import { ofTrustedOwner } from "./trusted-owner.ts";

/** What was read, and what is wrong with it; then nothing is told but on terminals. */
export interface ReadSettings {
  readonly settings: NotifySettings;
  readonly problem: string | null;
}

/**
 * What the operator's own file says now about telling them; no project's file is looked at (attack row 141). A bottle
 * that is resumed must not fail by it, as what its plan says does not stand there any more.
 */
export async function readNotifySettings(layout: Layout, home: string, uid: number): Promise<ReadSettings> {
  const path = layout.operatorManifest;
  const file = ofTrustedOwner(await readTextFile(path), uid);
  if (file.kind === "missing") return { settings: NOTIFY_DEFAULTS, problem: null };
  if (file.kind !== "text") return { settings: NOTIFY_DEFAULTS, problem: `${path} ${file.why}` };
  // Without the word the schema, which takes long to load, has nothing to say.
  if (!file.text.includes("notify") && !file.text.includes("\\u")) return { settings: NOTIFY_DEFAULTS, problem: null };
  const { checkManifest } = await import("./manifest-check.ts");
  const { notify, faults } = checkManifest(file.text, { by: "operator", file: path });
  const fault = faults.find(({ path: [key] }) => key === undefined || key === "notify");
  if (fault !== undefined) return { settings: NOTIFY_DEFAULTS, problem: `${path}: ${fault.problem.message}` };
  return { settings: notify === null ? NOTIFY_DEFAULTS : notifySettings(notify, home), problem: null };
}
