import { randomBytes } from "node:crypto";
import { chmod, readdir } from "node:fs/promises";
import { join } from "node:path";
import { removeFlatFolder } from "./bottle-folder.ts";
import type { Layout } from "./layout.ts";

/** A bottle's folder before it has its name. */
export interface Draft {
  readonly folder: string;
  /** Of the process that makes it. */
  readonly pid: number;
}

const NAME = /^\.new-(\d{1,10})-[0-9a-f]{12}$/;

/** Where a new bottle's folder is made. */
export function newDraft(layout: Layout): string {
  return join(layout.bottles, `.new-${process.pid}-${randomBytes(6).toString("hex")}`);
}

/** Every draft; whether its process lives is not asked. */
export async function listDrafts(layout: Layout): Promise<readonly Draft[]> {
  const names = await readdir(layout.bottles).catch((): string[] => []);
  return names.flatMap((name) => {
    const pid = NAME.exec(name)?.[1];
    return pid === undefined ? [] : [{ folder: join(layout.bottles, name), pid: Number(pid) }];
  });
}

/** Removes a draft, in which no agent ever was. Idempotent. Errors: TEARDOWN_INCOMPLETE. */
export async function removeDraft(folder: string): Promise<void> {
  // It was perhaps made under a umask that kept even us out. Where it cannot be mended, removing says why.
  await chmod(folder, 0o700).catch(() => undefined);
  await removeFlatFolder(folder);
}
