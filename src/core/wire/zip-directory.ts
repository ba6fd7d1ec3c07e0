/** One file of a zip archive. */
export interface ZipMember {
  readonly name: string;
  /** 0: stored, 8: deflated; others cannot be read here. */
  readonly method: number;
  /** Its bytes as they lie in the archive. */
  readonly packed: Buffer;
  /** Where they begin. */
  readonly start: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const LONGEST_COMMENT = 0xffff;

/**
 * The members that the central directory of a zip archive lists (APPNOTE.TXT 4.3); null when there is none that can be read.
 * Where a member lies is the archive's own claim: nothing outside of `bytes` is touched, and one that leads nowhere ends the reading.
 */
export function readZip(bytes: Buffer, mostMembers: number): readonly ZipMember[] | null {
  const end = endOf(bytes);
  if (end < 0) return null;
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  if (count > mostMembers) return null;
  const members: ZipMember[] = [];
  for (let index = 0; index < count; index += 1) {
    if (at + CENTRAL_BYTES > bytes.length || bytes.readUInt32LE(at) !== CENTRAL) return null;
    const method = bytes.readUInt16LE(at + 10);
    const size = bytes.readUInt32LE(at + 20);
    const nameBytes = bytes.readUInt16LE(at + 28);
    const rest = bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    const local = bytes.readUInt32LE(at + 42);
    const name = bytes.toString("latin1", at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes);
    at += CENTRAL_BYTES + nameBytes + rest;
    if (local + LOCAL_BYTES > bytes.length || bytes.readUInt32LE(local) !== LOCAL) return null;
    const start = local + LOCAL_BYTES + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    if (start + size > bytes.length) return null;
    members.push({ name, method, packed: bytes.subarray(start, start + size), start });
  }
  return members;
}

/** Whether a file that ends so ends with the end record of a zip archive, whatever stands before it. */
export function endsAsZip(tail: Buffer): boolean {
  const end = endOf(tail);
  return end >= 0 && end + END_BYTES + tail.readUInt16LE(end + 20) === tail.length;
}

/** The most that `endsAsZip` wants to see. */
export const ZIP_TAIL_BYTES = END_BYTES + LONGEST_COMMENT;

/** Where the end record begins; it is searched from behind, since a comment may follow it. */
function endOf(bytes: Buffer): number {
  const first = Math.max(0, bytes.length - END_BYTES - LONGEST_COMMENT);
  for (let at = bytes.length - END_BYTES; at >= first; at -= 1) {
    if (bytes.readUInt32LE(at) === END) return at;
  }
  return -1;
}
