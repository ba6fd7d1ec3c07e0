import { randomBytes } from "node:crypto";
import { chmod, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessIdentity } from "../core/model/bottle-record.ts";
import { bootId, ownIdentity } from "../host/process-identity.ts";
import { removeFlatFolder } from "./bottle-folder.ts";
import type { Layout } from "./layout.ts";

/** A bottle's folder before it has its name. */
export interface Draft {
  readonly folder: string;
  /** The process that makes it. A draft that outlived a boot is nobody's: its pid and start are not those of any process. */
  readonly maker: ProcessIdentity;
}

const NAME = /^\.new-(\d{1,10})-(\d{1,20})-[0-9a-f]{12}$/;

/** Where a new bottle's folder is made. */
export function newDraft(layout: Layout): string {
  const { pid, startTime } = ownIdentity();
  return join(layout.bottles, `.new-${pid}-${startTime}-${randomBytes(6).toString("hex")}`);
}

/** Every draft; whether its process lives is not asked. */
export async function listDrafts(layout: Layout): Promise<readonly Draft[]> {
  const names = await readdir(layout.bottles).catch((): string[] => []);
  return names.flatMap((name) => {
    const [, pid, startTime] = NAME.exec(name) ?? [];
    if (pid === undefined) return [];
    const maker = { pid: Number(pid), startTime: Number(startTime), bootId: bootId() };
    return [{ folder: join(layout.bottles, name), maker }];
  });
}

/** Removes a draft, in which no agent ever was. Idempotent. Errors: TEARDOWN_INCOMPLETE. */
export async function removeDraft(folder: string): Promise<void> {
  // It was perhaps made under a umask that kept even us out. Where it cannot be mended, removing says why.
  await chmod(folder, 0o700).catch(() => undefined);
  await removeFlatFolder(folder);
}
