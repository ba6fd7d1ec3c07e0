import { createHash } from "node:crypto";

/** A length-prefixed run of bytes (RFC 8446 3.4). */
function vector(width: number, content: Buffer): Buffer {
  const length = Buffer.alloc(width);
  length.writeUIntBE(content.length, 0, width);
  return Buffer.concat([length, content]);
}

/** One extension of a ClientHello. */
export function extension(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(type);
  return Buffer.concat([head, vector(2, data)]);
}

/** server_name with host_name entries (RFC 6066 3). */
export function serverNames(...names: readonly string[]): Buffer {
  const entries = names.map((name) => Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(name, "utf8"))]));
  return extension(0, vector(2, Buffer.concat(entries)));
}

/** A ClientHello message with its 4-byte header, without records. */
export function clientHello(extensions: readonly Buffer[]): Buffer {
  const body = Buffer.concat([
    Buffer.from("0303", "hex"),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(32, 9)),
    vector(2, Buffer.from("13011302", "hex")),
    vector(1, Buffer.from([0])),
    vector(2, Buffer.concat(extensions)),
  ]);
  return Buffer.concat([Buffer.from([1]), vector(3, body)]);
}

/** The message in handshake records of at most `size` bytes each. */
export function records(message: Buffer, size = 16_384): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    parts.push(Buffer.from("160301", "hex"), vector(2, message.subarray(at, at + size)));
  }
  return Buffer.concat(parts);
}

/** A ServerHello, or with `retry` a HelloRetryRequest (RFC 8446 4.1.3), without records. */
export function serverHello(retry: boolean): Buffer {
  const random = createHash("sha256")
    .update(retry ? "HelloRetryRequest" : "something else")
    .digest();
  const body = Buffer.concat([
    Buffer.from("0303", "hex"),
    random,
    vector(1, Buffer.alloc(32, 9)),
    Buffer.from("130100", "hex"),
  ]);
  return Buffer.concat([Buffer.from([2]), vector(3, body)]);
}
