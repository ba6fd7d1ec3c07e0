import type { GuestFile } from "../core/model/command.ts";
import { TAR_END, tarHeader, tarPadding } from "../core/wire/tar-writer.ts";

/**
 * A tar archive (POSIX pax interchange format) of regular files, for `put` on every backend. Names are relative to the
 * root. Owner and time are left to the side that unpacks.
 */
export function guestArchive(files: readonly GuestFile[]): Buffer {
  const blocks = files.flatMap(({ path, mode, content }) => {
    const size = content.byteLength;
    const head = tarHeader({ path: path.replace(/^\/+/, ""), type: "file", size, mode, mtime: 0 });
    return [head, Buffer.from(content.buffer, content.byteOffset, size), tarPadding(size)];
  });
  return Buffer.concat([...blocks, TAR_END]);
}
