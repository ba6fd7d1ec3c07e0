import type { GuestFile } from "../core/model/command.ts";

const BLOCK = 512;

/**
 * A tar archive (POSIX pax interchange format) of regular files, for `put` on every backend. Names are relative to the
 * root; long or non-ASCII ones travel in a pax header. Owner and time are left to the side that unpacks.
 */
export function guestArchive(files: readonly GuestFile[]): Buffer {
  const blocks: Buffer[] = [];
  for (const file of files) {
    const path = file.path.replace(/^\/+/, "");
    if (Buffer.byteLength(path) > 100 || /[^\x20-\x7e]/.test(path)) {
      const record = paxRecord("path", path);
      blocks.push(header("PaxHeader", record.length, 0o644, "x"), padded(record));
    }
    const content = Buffer.from(file.content.buffer, file.content.byteOffset, file.content.byteLength);
    blocks.push(header(path, content.length, file.mode & 0o7777, "0"), padded(content));
  }
  blocks.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(blocks);
}

function header(path: string, size: number, mode: number, type: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  Buffer.from(path).copy(block, 0, 0, 100);
  block.write(`${octal(mode, 7)}\0`, 100, "latin1");
  block.write(`${octal(0, 7)}\0`, 108, "latin1");
  block.write(`${octal(0, 7)}\0`, 116, "latin1");
  block.write(`${octal(size, 11)}\0`, 124, "latin1");
  block.write(`${octal(0, 11)}\0`, 136, "latin1");
  block.write("        ", 148, "latin1");
  block.write(type, 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return block;
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

function padded(content: Buffer): Buffer {
  const rest = content.length % BLOCK;
  return rest === 0 ? content : Buffer.concat([content, Buffer.alloc(BLOCK - rest)]);
}
