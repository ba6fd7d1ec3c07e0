import { TarReader } from "../../core/wire/tar-reader.ts";
import { isErrno } from "../../host/files.ts";
import type { Spool } from "../../host/spool.ts";
import { TreeProblem, TreeWriter } from "../../host/tree-writer.ts";
import { refused } from "./sieve.ts";

/**
 * Writes what a sieve let through below a folder of the operator. `rename` gives each entry its path there; null: it is
 * the folder itself. Errors: COPY_REFUSED where something stands in the way.
 */
export async function placeTree(spool: Spool, folder: string, rename: (path: string) => string | null): Promise<void> {
  using tree = new TreeWriter(folder);
  const reader = new TarReader({ entries: 1_000_000, bytes: spool.size, pathBytes: 8192, depth: 256 });
  let mtime = 0;
  let passing = false;
  try {
    for await (const chunk of spool.read()) {
      for (const event of reader.push(chunk as Buffer)) {
        if (event.type === "problem") throw new TreeProblem(event.problem);
        if (event.type === "entry") {
          const { kind, mode } = event.entry;
          const path = rename(event.entry.path);
          passing = kind === "file" && path !== null;
          mtime = event.entry.mtime;
          if (path !== null && kind === "folder") tree.folder(path, mode);
          else if (path !== null && kind === "file") tree.open(path, mode);
        } else if (passing && event.type === "data") tree.write(event.bytes);
        else if (passing) tree.close(mtime);
      }
    }
  } catch (error) {
    if (error instanceof TreeProblem)
      throw refused(`only a part was copied: ${error.message}`, "move it away, or name another target");
    if (isErrno(error, "ENOSPC", "EDQUOT", "EACCES", "EROFS", "EPERM", "ENAMETOOLONG"))
      throw refused(`only a part was copied: ${(error as Error).message}`);
    throw error;
  }
}
