import { randomBytes } from "node:crypto";
import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessIdentity } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { isName } from "../core/model/ids.ts";
import { isErrno } from "../host/files.ts";
import { bootId } from "../host/process-identity.ts";
import { bottlePaths, type Layout } from "./layout.ts";
import { findBottle, type ListedBottle, readBottle, sameBottle } from "./records.ts";

/** The folder of a bottle that is being removed: out of the list, its name free, and only `remover`'s. */
export interface Aside {
  readonly name: string;
  readonly folder: string;
  readonly remover: ProcessIdentity;
}

const NAME = /^\.gone-([^.]+)\.(\d{1,10})-(\d{1,20})-[0-9a-f]{12}$/;

/**
 * Takes a bottle's folder out of the list, in one rename(2): of many removers one gets it. Null when there is nothing
 * to remove any more: another one has it, or the name is a new bottle's by now. Errors: STATE_UNUSABLE.
 */
export async function takeAside(layout: Layout, bottle: ListedBottle, remover: ProcessIdentity): Promise<Aside | null> {
  const { name } = bottle;
  const before = await findBottle(layout, name);
  if (before === null || !sameBottle(before, bottle)) return null;
  const aside = await moveAside(layout, name, bottlePaths(layout, name).folder, remover);
  if (aside === null) return null;
  // Between look and rename another one may have removed it, and a start have taken the name.
  if (sameBottle(await readBottle(aside.folder, name), bottle)) return aside;
  await putBack(layout, aside);
  return null;
}

/** Takes over what a remover left that was killed; null when another one did. Errors: STATE_UNUSABLE. */
export async function adoptAside(
  layout: Layout,
  { name, folder }: Aside,
  remover: ProcessIdentity,
): Promise<Aside | null> {
  return moveAside(layout, name, folder, remover);
}

async function moveAside(layout: Layout, name: string, from: string, remover: ProcessIdentity): Promise<Aside | null> {
  const mark = `${remover.pid}-${remover.startTime}-${randomBytes(6).toString("hex")}`;
  const folder = join(layout.bottles, `.gone-${name}.${mark}`);
  try {
    await rename(from, folder);
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return null;
    throw new BottleError("STATE_UNUSABLE", `${from} cannot be moved`, { hint: "is its disk writable?", cause });
  }
  return { name, folder, remover };
}

/** Lists a bottle again that could not be removed; when its name is taken by now, it stays where it is for prune. */
export async function putBack(layout: Layout, { name, folder }: Aside): Promise<void> {
  await rename(folder, bottlePaths(layout, name).folder).catch(() => undefined);
}

/** Every folder that was taken aside and is still there. */
export async function listAsides(layout: Layout): Promise<readonly Aside[]> {
  const names = await readdir(layout.bottles).catch((): string[] => []);
  return names.flatMap((entry) => {
    const [, name, pid, startTime] = NAME.exec(entry) ?? [];
    if (name === undefined || !isName(name)) return [];
    const remover = { pid: Number(pid), startTime: Number(startTime), bootId: bootId() };
    return [{ name, folder: join(layout.bottles, entry), remover }];
  });
}
