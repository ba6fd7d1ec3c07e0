import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { BottleError } from "../../core/model/errors.ts";
import { baseName, type CopyEnd, folderAbove } from "../../core/plan/copy-target.ts";
import { printable } from "../../core/wire/printable.ts";
import { isErrno } from "../../host/files.ts";
import { streamed } from "../../host/streamed.ts";
import type { SessionContext } from "../context.ts";
import { refused } from "./sieve.ts";

export interface HostSource {
  /** Absolute, without links. */
  readonly path: string;
  readonly folder: boolean;
}

/** What is to be copied into a bottle; links on the way to it are followed. Errors: COPY_REFUSED. */
export async function sourceOnHost(path: string): Promise<HostSource> {
  try {
    const real = await realpath(path);
    const found = await stat(real);
    if (!found.isDirectory() && !found.isFile()) throw refused(`${path} is neither a file nor a folder`);
    return { path: real, folder: found.isDirectory() };
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP"))
      throw refused(`${path} cannot be read: ${(error as Error).message}`);
    throw error;
  }
}

/** What stands at a path of the operator. */
export async function hostEnd(path: string): Promise<CopyEnd> {
  const kind = async (at: string): Promise<"folder" | "other" | null> =>
    stat(at).then(
      (found) => (found.isDirectory() ? "folder" : "other"),
      () => null,
    );
  const found = await kind(path);
  if (found !== null) return found;
  return (await kind(folderAbove(path))) === "folder" ? "nothing" : "nowhere";
}

/** Packs a file or folder of the operator. Errors: COPY_REFUSED when a part of it cannot be read. */
export async function packHost(
  source: HostSource,
  each: (piece: Buffer) => void,
  context: SessionContext,
): Promise<void> {
  const { tar } = context.facts.tools;
  if (tar === undefined) throw new BottleError("HOST_UNFIT", "tar is missing", { hint: "apt install tar" });
  const where = source.folder ? [source.path, "."] : [dirname(source.path), `./${baseName(source.path) ?? ""}`];
  const [folder = "", name = ""] = where;
  const options = ["--create", "--file=-", "--hard-dereference", "--warning=none", "--warning=file-ignored"];
  const argv = [tar, ...options, `--directory=${folder}`, "--", name];
  const { code, words } = await streamed({ argv, env: { LC_ALL: "C" } }, each, context.signal);
  const lines = words.split("\n").filter(Boolean);
  const ignored = lines.filter((line) => line.endsWith(": socket ignored"));
  if (ignored.length > 0) context.say(`bottle: note: ${ignored.length} sockets are not copied`);
  // 1: a file changed while it was read; the copy is as good as any taken at that moment.
  if (code === 0 || code === 1) return;
  const complaint = lines.find((line) => !ignored.includes(line)) ?? `tar ended with ${code}`;
  throw refused(`${source.path} could not be read whole: ${printable(complaint)}`);
}
