/** Media types of which the bytes say nothing to a search (attack row 112). */
const OPAQUE_TYPES =
  /^(?:(?:image(?!\/svg)|audio|video|font)\/|application\/(?:octet-stream|pdf|zip|gzip|x-(?:gzip|tar|bzip2?|xz|7z-compressed|rar-compressed|protobuf|sqlite3|git-receive-pack-request)|zstd|vnd\.(?:rar|sqlite3|openxmlformats|ms-|google\.protobuf|docker\.image\.rootfs|oci\.image\.layer)|java-archive|wasm|protobuf|grpc|msgpack|cbor|epub\+zip)|multipart\/x-mixed-replace)/i;

/** First bytes, as Latin-1, and what they begin. */
const MAGIC: readonly (readonly [bytes: string, what: string])[] = [
  ["PK\x03\x04", "a zip archive"],
  ["PK\x05\x06", "a zip archive"],
  ["\x1f\x8b", "gzip data"],
  ["BZh", "bzip2 data"],
  ["\xfd7zXZ\0", "xz data"],
  ["7z\xbc\xaf\x27\x1c", "a 7z archive"],
  ["Rar!\x1a\x07", "a rar archive"],
  ["\x28\xb5\x2f\xfd", "zstd data"],
  ["%PDF-", "a PDF"],
  ["\x89PNG", "an image"],
  ["GIF8", "an image"],
  ["\xff\xd8\xff", "an image"],
  ["RIFF", "an image or a sound"],
  ["PACK", "a git pack"],
  ["\x7fELF", "a program"],
  ["\0asm", "a program"],
  ["SQLite format 3\0", "a database"],
];

/** How many bytes from the beginning tell whether the rest is text. */
export const OPAQUE_HEAD_BYTES = 512;

/** What a Content-Type says of a body that cannot be looked into; null when it is text, or nothing is said. */
export function opaqueType(contentType: string | null): string | null {
  const type = contentType?.trim().split(";")[0]?.trim() ?? "";
  return OPAQUE_TYPES.test(type) ? `Content-Type ${type.slice(0, 100)}` : null;
}

/** What the first bytes of a body say, whatever its type claims; null for text. A NUL stands in no text of one byte a sign. */
export function opaqueHead(head: Uint8Array): string | null {
  const text = Buffer.from(head.subarray(0, OPAQUE_HEAD_BYTES)).toString("latin1");
  const known = MAGIC.find(([bytes]) => text.startsWith(bytes));
  if (known !== undefined) return known[1];
  return text.includes("\0") ? "binary data" : null;
}
