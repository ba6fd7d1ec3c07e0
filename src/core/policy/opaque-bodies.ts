/** Media types of which the bytes say nothing to a search (attack row 112). */
const OPAQUE_TYPES =
  /^(?:(?:image(?!\/svg)|audio|video|font)\/|application\/(?:octet-stream|pdf|zip|gzip|x-(?:gzip|tar|bzip2?|xz|7z-compressed|rar-compressed|protobuf|sqlite3|git-receive-pack-request)|zstd|vnd\.(?:rar|sqlite3|openxmlformats|ms-|google\.protobuf|docker\.image\.rootfs|oci\.image\.layer)|java-archive|wasm|protobuf|grpc|msgpack|cbor|epub\+zip)|multipart\/x-mixed-replace)/i;

/** First bytes, as Latin-1, and what they begin. */
const MAGIC: readonly (readonly [bytes: string, what: string])[] = [
  ["PK\x03\x04", "a zip archive"],
  ["PK\x05\x06", "a zip archive"],
  ["\x1f\x8b", "gzip data"],
  ["BZh91AY&SY", "bzip2 data"],
  ["\xfd7zXZ\0", "xz data"],
  ["7z\xbc\xaf\x27\x1c", "a 7z archive"],
  ["Rar!\x1a\x07", "a rar archive"],
  ["\x28\xb5\x2f\xfd", "zstd data"],
  ["%PDF-", "a PDF"],
  ["\x89PNG", "an image"],
  ["GIF89a", "an image"],
  ["GIF87a", "an image"],
  ["\xff\xd8\xff", "an image"],
  ["RIFF", "an image or a sound"],
  ["PACK\0", "a git pack"],
  ["\x7fELF", "a program"],
  ["\0asm", "a program"],
  ["SQLite format 3\0", "a database"],
];

/** How many bytes from the beginning tell whether the rest is text. */
const HEAD_BYTES = 512;
/** At least as long as the longest of MAGIC, and what stands before a part of a multipart body. */
const LONGEST_MAGIC = 16;
const PART_BEGINS = "\r\n\r\n";

/** What a Content-Type says of a body that cannot be looked into; null when it is text, or nothing is said. */
export function opaqueType(contentType: string | null): string | null {
  // Who sends two means one of them.
  const types = (contentType ?? "").split(",").map((type) => type.trim().split(";")[0]?.trim() ?? "");
  const opaque = types.find((type) => OPAQUE_TYPES.test(type));
  return opaque === undefined ? null : `Content-Type ${opaque.slice(0, 100)}`;
}

/** Looks at the pieces of one body; what it cannot be searched for, or null. */
export type OpaqueWatch = (chunk: Uint8Array) => string | null;

/** A watch for a body of this Content-Type; of a multipart body each part is looked at. */
export function createOpaqueWatch(contentType: string | null): OpaqueWatch {
  const multipart = /^\s*multipart\//i.test(contentType ?? "");
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  return (chunk) => {
    if (head.length < HEAD_BYTES) {
      head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES)]);
      const what = opaqueHead(head);
      if (what !== null) return what;
    }
    if (!multipart) return null;
    const bytes = Buffer.concat([tail, chunk]);
    tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - LONGEST_MAGIC - PART_BEGINS.length)));
    if (chunk.includes(0)) return "binary data";
    for (let at = bytes.indexOf(PART_BEGINS); at >= 0; at = bytes.indexOf(PART_BEGINS, at + 1)) {
      const begin = at + PART_BEGINS.length;
      const what = magicOf(bytes.subarray(begin, begin + LONGEST_MAGIC));
      if (what !== null) return what;
    }
    return null;
  };
}

/** What the first bytes of a body say, whatever its type claims; null for text. A NUL stands in no text of one byte a sign. */
export function opaqueHead(head: Uint8Array): string | null {
  const some = head.subarray(0, HEAD_BYTES);
  return magicOf(some) ?? (some.includes(0) ? "binary data" : null);
}

function magicOf(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes.subarray(0, LONGEST_MAGIC)).toString("latin1");
  return MAGIC.find(([magic]) => text.startsWith(magic))?.[1] ?? null;
}
