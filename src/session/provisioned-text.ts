import { type WatchedFile, watchedFiles } from "../core/changes/watched-files.ts";
import type { GuestFile } from "../core/model/command.ts";
import type { BottlePlan } from "../core/model/plan.ts";

/** The configuration with which an agent began: kept in the bottle's folder, written at start. */
export interface Provisioned {
  readonly schema: 1;
  readonly watched: readonly string[];
  readonly files: readonly WatchedFile[];
}

/** Of all texts together; beyond it a change is named, and not shown. */
export const TEXT_BYTES = 8 << 20;

/** Text of `provisioned.json` for the files that were placed. */
export function provisionedText({ setup }: Pick<BottlePlan, "setup">, placed: readonly GuestFile[]): string {
  const { watched } = setup;
  let room = TEXT_BYTES;
  const files = watchedFiles(watched, placed).map((file) => {
    room -= file.text?.length ?? 0;
    return room >= 0 ? file : { ...file, text: null };
  });
  const provisioned: Provisioned = { schema: 1, watched, files };
  return `${JSON.stringify(provisioned, null, 2)}\n`;
}
