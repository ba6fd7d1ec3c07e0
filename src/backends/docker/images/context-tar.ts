import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { TAR_END, tarHeader, tarPadding } from "../../../core/wire/tar-writer.ts";
import type { ContextFile } from "./recipe.ts";

/**
 * A build context as a tar stream: the same bytes for the same files, whenever and wherever it is made. The
 * Dockerfile comes last: a stream that ends too early, since its writer was killed, then builds nothing, where a tar that
 * ends between two files would else pass for a shorter one.
 */
export function contextTar(files: readonly ContextFile[], dockerfile: string): Readable {
  const last = { path: "Dockerfile", mode: 0o644, content: Buffer.from(dockerfile) };
  return Readable.from(blocks([...files, last]), { objectMode: false });
}

async function* blocks(files: readonly ContextFile[]): AsyncGenerator<Uint8Array> {
  for (const { path, mode, content } of files) {
    const size = content instanceof Uint8Array ? content.byteLength : (await stat(content.path)).size;
    yield tarHeader({ path, type: "file", size, mode, mtime: 0 });
    if (content instanceof Uint8Array) yield content;
    else yield* exactly(content.path, size);
    yield tarPadding(size);
  }
  yield TAR_END;
}

/** A file that changes its length meanwhile would shift all that follows. */
async function* exactly(path: string, size: number): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const chunk of createReadStream(path)) {
    seen += chunk.length;
    yield chunk;
  }
  if (seen !== size) throw new Error(`${path} changed while it was read`);
}
