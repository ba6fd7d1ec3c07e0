import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import type { BottlePlan } from "../core/model/plan.ts";
import { hostFolder, PROJECT_KINDS, toolchainsWith, toolNote } from "../core/plan/tool-notes.ts";
import { findEquipment, type ToolSurroundings } from "./toolchains.ts";

/**
 * What a project needs by the look of it and will not find in its bottle, a sentence each. `path` is PATH inside. Only
 * asks whether files are there.
 */
export async function toolNotes(
  { mounts }: Pick<BottlePlan, "mounts">,
  path: string,
  workspace: string,
  surroundings: ToolSurroundings,
): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const { files, program } of PROJECT_KINDS) {
    const file = files.find((name) => existsSync(join(workspace, name)));
    if (file === undefined || isShown(program, path, { mounts })) continue;
    const tools = toolchainsWith(program);
    const found = await findEquipment({ tools }, surroundings);
    const there = tools.filter((name) => Object.values(found.tools[name] ?? {}).every((place) => "path" in place));
    notes.push(toolNote(file, program, there));
  }
  return notes;
}

function isShown(program: string, path: string, { mounts }: Pick<BottlePlan, "mounts">): boolean {
  return path.split(":").some((guest) => {
    const folder = hostFolder(guest, mounts);
    try {
      if (folder === null) return false;
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
