import assert from "node:assert/strict";

/** A request as a server sees it that takes nothing but the plainest form of RFC 9112. */
export interface StrictRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Reads exactly one request in origin-form; null while bytes are missing. Throws on everything that two servers could
 * read differently: more than one Host, length or coding, both, a coding but `chunked`, odd blanks, extensions, trailers,
 * and bytes behind the end.
 */
export function readStrictRequest(bytes: Buffer): StrictRequest | null {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) {
    assert.ok(bytes.length < 64 * 1024, "an endless head");
    return null;
  }
  const [line = "", ...fields] = bytes.toString("latin1", 0, end).split("\r\n");
  const [, method = "", target = ""] = /^([A-Z]+) (\/[\x21-\x7e]*) HTTP\/1\.1$/.exec(line) ?? [];
  assert.notEqual(method, "", `request line ${JSON.stringify(line)}`);
  assert.ok(!target.includes("#"), "a fragment");
  const headers = fields.map((field) => {
    const [, name = "", value = ""] = /^([^:]+): ?([^\0-\x08\x0a-\x1f\x7f]*)$/.exec(field) ?? [];
    assert.match(name, TOKEN, `field ${JSON.stringify(field)}`);
    return [name, value] as const;
  });
  const values = (name: string) => headers.filter(([it]) => it.toLowerCase() === name).map(([, value]) => value);
  assert.equal(values("host").length, 1, "not one Host");
  const lengths = values("content-length");
  const codings = values("transfer-encoding");
  assert.ok(lengths.length + codings.length <= 1, "more than one framing");
  const rest = bytes.subarray(end + 4);
  const request = { method, target, headers };
  if (codings.length > 0) {
    assert.equal(codings[0], "chunked");
    const body = readChunks(rest);
    return body === null ? null : { ...request, body };
  }
  assert.match(lengths[0] ?? "0", /^(?:0|[1-9][0-9]*)$/);
  const length = Number(lengths[0] ?? 0);
  assert.ok(rest.length <= length, "bytes behind the end");
  return rest.length < length ? null : { ...request, body: rest };
}

function readChunks(bytes: Buffer): Buffer | null {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return null;
    const text = bytes.toString("latin1", at, end);
    assert.match(text, /^[0-9a-fA-F]{1,8}$/, "a chunk's size");
    const size = Number.parseInt(text, 16);
    const next = end + 2 + size;
    if (bytes.length < next + 2) return null;
    assert.equal(bytes.toString("latin1", next, next + 2), "\r\n", "the end of a chunk");
    if (size === 0) {
      assert.equal(bytes.length, next + 2, "bytes behind the end");
      return Buffer.concat(pieces);
    }
    pieces.push(bytes.subarray(end + 2, next));
    at = next + 2;
  }
}
