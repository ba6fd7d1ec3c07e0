const BLOCK = 512;

/** A regular file of an archive. */
export interface TarFile {
  /** As it stands in the archive: to be compared with names, never to be opened. */
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer;
}

export interface TarReading {
  readonly files: readonly TarFile[];
  /** False: the archive ends early, is malformed, or holds more than `maxFiles`; `files` is what came before. */
  readonly whole: boolean;
}

/**
 * Reads a tar archive (POSIX.1-2024, pax interchange format, with ustar prefixes and GNU long names) that was made
 * inside a bottle. Everything but regular files is passed over: a link, a device or a FIFO has no content here. Never
 * throws, and keeps no more than it was given.
 */
export function readTar(archive: Uint8Array, maxFiles = 4096): TarReading {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const files: TarFile[] = [];
  const cut = (): TarReading => ({ files, whole: false });
  let longName: string | null = null;
  for (let at = 0; ; ) {
    if (at + BLOCK > bytes.length) return cut();
    const head = bytes.subarray(at, at + BLOCK);
    if (head.every((byte) => byte === 0)) return { files, whole: true };
    const size = numberAt(head, 124, 12);
    if (size === null || !hasRightSum(head)) return cut();
    const from = at + BLOCK;
    const type = String.fromCharCode(head[156] ?? 0);
    // Links and directories have no content, whatever their size says (POSIX.1-2024, pax, "size").
    const length = "123456".includes(type) ? 0 : size;
    if (from + length > bytes.length) return cut();
    const content = bytes.subarray(from, from + length);
    at = from + Math.ceil(length / BLOCK) * BLOCK;
    if (type === "L") longName = textOf(content);
    else if (type === "x") {
      const path = paxPath(content);
      if (path === undefined) return cut();
      longName = path ?? longName;
    } else if (type !== "g" && type !== "K") {
      if (type === "0" || type === "\0") {
        const mode = numberAt(head, 100, 8);
        if (mode === null || files.length === maxFiles) return cut();
        files.push({ path: longName ?? nameOf(head), mode: mode & 0o7777, content: Buffer.from(content) });
      }
      longName = null;
    }
  }
}

/** Octal digits, or GNU's base-256 for large sizes; null: neither, or beyond 2^53. */
function numberAt(head: Buffer, at: number, length: number): number | null {
  const field = head.subarray(at, at + length);
  if (((field[0] ?? 0) & 0x80) !== 0) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, (field[0] ?? 0) & 0x7f);
    return Number.isSafeInteger(value) ? value : null;
  }
  const digits = field.toString("latin1").replace(/^ +|[ \0]+$/g, "");
  return /^[0-7]{0,12}$/.test(digits) ? Number.parseInt(digits || "0", 8) : null;
}

/** The sum of all bytes of the header with its own field as spaces. */
function hasRightSum(head: Buffer): boolean {
  const sum = head.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  return numberAt(head, 148, 8) === sum;
}

function nameOf(head: Buffer): string {
  const name = textOf(head.subarray(0, 100));
  const isUstar = head.toString("latin1", 257, 263) === "ustar\0";
  const prefix = isUstar ? textOf(head.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end === -1 ? field.length : end);
}

/** `path` of the records `<length> key=value\n`; null: none, undefined: malformed. */
function paxPath(records: Buffer): string | null | undefined {
  let path: string | null = null;
  for (let at = 0; at < records.length; ) {
    const space = records.indexOf(0x20, at);
    const digits = space === -1 ? "" : records.toString("latin1", at, space);
    const end = at + Number(digits);
    if (!/^[1-9][0-9]{0,8}$/.test(digits) || end > records.length || records[end - 1] !== 0x0a) return undefined;
    const record = records.toString("utf8", space + 1, end - 1);
    if (record.startsWith("path=")) path = record.slice(5);
    at = end;
  }
  return path;
}
