/** One entry of a tree of git. */
export interface TreeEntry {
  /** Octal, e.g. `100644`, `120000` (a link), `160000` (a submodule). */
  readonly mode: string;
  readonly name: Buffer;
  readonly id: Buffer;
}

/** The entries of a tree object's bytes: `<mode> <name> NUL <id>`; null when they are none. `idBytes` is 20 or 32. */
export function readTree(bytes: Buffer, idBytes: number): readonly TreeEntry[] | null {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const end = blank < 0 ? -1 : bytes.indexOf(0, blank + 1);
    if (end < 0 || end === blank + 1 || end + 1 + idBytes > bytes.length) return null;
    const mode = bytes.toString("latin1", at, blank);
    if (!/^[0-7]{5,6}$/.test(mode)) return null;
    entries.push({ mode, name: bytes.subarray(blank + 1, end), id: bytes.subarray(end + 1, end + 1 + idBytes) });
    at = end + 1 + idBytes;
  }
  return entries;
}
