/** What a header says of an entry. */
export interface TarHeader {
  /** Relative to the root of the archive; a folder's ends with a slash. */
  readonly path: string;
  readonly type: "file" | "folder" | "link";
  readonly size: number;
  readonly mode: number;
  /** Whole seconds after 1970. */
  readonly mtime: number;
  /** Where a symbolic link leads. */
  readonly target?: string;
}

const BLOCK = 512;
/** What eleven octal digits hold; greater files need a pax record. */
const GREATEST_SIZE = 0o77777777777;
const TYPES = { file: "0", link: "2", folder: "5" } as const;

/** The two empty blocks that end an archive. */
export const TAR_END: Uint8Array = Buffer.alloc(2 * BLOCK);

/**
 * The header of one entry (POSIX.1-2017, pax): names that are long or not ASCII, and great sizes, travel in a pax header
 * before it. The owner is left to the side that unpacks.
 */
export function tarHeader({ path, type, size, mode, mtime, target = "" }: TarHeader): Buffer {
  const records = [
    ...(fits(path) ? [] : [paxRecord("path", path)]),
    ...(fits(target) ? [] : [paxRecord("linkpath", target)]),
    ...(size > GREATEST_SIZE ? [paxRecord("size", String(size))] : []),
  ];
  const extra = Buffer.concat(records);
  const before =
    extra.length === 0 ? [] : [block("PaxHeader", extra.length, 0o644, 0, "x", ""), extra, tarPadding(extra.length)];
  const own = block(path, size > GREATEST_SIZE ? 0 : size, mode & 0o7777, mtime, TYPES[type], target);
  return Buffer.concat([...before, own]);
}

/** The zeros that fill the last block of a content. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** What the header's own field of 100 bytes can hold. */
const fits = (text: string): boolean => Buffer.byteLength(text) <= 100 && /^[\x20-\x7e]*$/.test(text);

function block(path: string, size: number, mode: number, mtime: number, type: string, target: string): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  Buffer.from(path).copy(bytes, 0, 0, 100);
  bytes.write(`${octal(mode, 7)}\0`, 100, "latin1");
  bytes.write(`${octal(0, 7)}\0`, 108, "latin1");
  bytes.write(`${octal(0, 7)}\0`, 116, "latin1");
  bytes.write(`${octal(size, 11)}\0`, 124, "latin1");
  bytes.write(`${octal(Math.min(mtime, GREATEST_SIZE), 11)}\0`, 136, "latin1");
  bytes.write("        ", 148, "latin1");
  bytes.write(type, 156, "latin1");
  Buffer.from(target).copy(bytes, 157, 0, 100);
  bytes.write("ustar\x0000", 257, "latin1");
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return bytes;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

/** `<length> key=value\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (Buffer.byteLength(`${length}${rest}`) !== length) length = Buffer.byteLength(`${length}${rest}`);
  return Buffer.from(`${length}${rest}`);
}
