/** Greatest number of bytes in which a ClientHello must be complete, record headers included. */
export const CLIENT_HELLO_LIMIT = 16 * 1024;

export type ClientHelloReading =
  /** More bytes are needed; what is there so far is the beginning of a ClientHello. */
  | { readonly state: "incomplete" }
  /** Not TLS, or not one well-formed ClientHello: close the tunnel. */
  | { readonly state: "invalid"; readonly why: string }
  /** `length` bytes of records hold it, and nothing else. */
  | { readonly state: "hello"; readonly hello: ClientHello; readonly length: number };

export interface ClientHello {
  /** host_name of server_name, lower case, as sent; null when absent. Judge it with `judgeClientHello`. */
  readonly serverName: string | null;
  /** Offered application protocols, in order; empty when there is no ALPN extension. */
  readonly alpn: readonly string[];
  /** True when an encrypted_client_hello (0xfe0d) or its draft forerunner is present. */
  readonly ech: boolean;
}

const EXTENSION = { serverName: 0, alpn: 16, ech: 0xfe0d, esni: 0xffce } as const;

/** Raised only within this file: the bytes do not follow the grammar. */
class Malformed extends Error {}

/**
 * Reads the ClientHello at the start of `received`: everything the client has sent so far. Call it again with
 * more bytes while it says `incomplete`. RFC 8446 4.1.2 and 5.1, RFC 6066 3, RFC 7301 3.1, RFC 9849 5.
 * Attack rows 1, 6, 7, 59, 127.
 */
export function readClientHello(received: Uint8Array): ClientHelloReading {
  try {
    const joined = joinRecords(received);
    if (joined === null) return { state: "incomplete" };
    return { state: "hello", hello: readMessage(joined.message), length: joined.length };
  } catch (error) {
    if (error instanceof Malformed) return { state: "invalid", why: error.message };
    throw error;
  }
}

/** The handshake message put together from its records, and their length; null while bytes are missing. */
function joinRecords(received: Uint8Array): { readonly message: Uint8Array; readonly length: number } | null {
  const parts: Uint8Array[] = [];
  let have = 0;
  /** What the heads of the records promise, come or not. */
  let declared = 0;
  let offset = 0;
  for (;;) {
    // Refused at the first wrong byte: nobody waits 10 s for the rest of `SSH-2.0-`.
    if (offset < received.length && received[offset] !== 22) throw new Malformed("not a TLS handshake record");
    if (offset + 1 < received.length && received[offset + 1] !== 3) throw new Malformed("not a TLS version");
    if (offset + 5 > received.length) break;
    const length = word(received, offset + 3);
    if (length === 0 || length > 1 << 14) throw new Malformed("bad TLS record length");
    parts.push(received.subarray(offset + 5, offset + 5 + length));
    have += Math.min(length, received.length - offset - 5);
    declared += length;
    offset += 5 + length;
    const first = parts[0];
    if (first?.[0] !== undefined && first[0] !== 1) throw new Malformed("not a ClientHello");
    if (offset > CLIENT_HELLO_LIMIT) throw new Malformed("ClientHello too long");
    const need = messageLength(parts, have);
    if (need !== null && need > CLIENT_HELLO_LIMIT) throw new Malformed("ClientHello too long");
    if (need !== null && have >= need) {
      // Records that follow (early data) are the upstream's to judge; a second message in the same record is not TLS (RFC 8446 5.1).
      if (declared > need) throw new Malformed("bytes after the ClientHello");
      return { message: Buffer.concat(parts), length: offset };
    }
    if (offset > received.length) break;
  }
  if (received.length >= CLIENT_HELLO_LIMIT) throw new Malformed("ClientHello too long");
  return null;
}

/** Length of the whole message from its 4-byte header, once that is there. */
function messageLength(parts: readonly Uint8Array[], have: number): number | null {
  if (have < 4) return null;
  const header = Buffer.concat(parts.slice(0, 4)).subarray(0, 4);
  return 4 + header.readUIntBE(1, 3);
}

function readMessage(message: Uint8Array): ClientHello {
  const reader = new Reader(message.subarray(4));
  reader.take(2 + 32);
  reader.vector(1, 0, 32);
  const suites = reader.vector(2, 2, 0xfffe);
  if (suites.length % 2 !== 0) throw new Malformed("odd cipher suite list");
  reader.vector(1, 1, 255);
  let serverName: string | null = null;
  let alpn: readonly string[] = [];
  let ech = false;
  if (!reader.done) {
    const extensions = new Reader(reader.vector(2, 0, 0xffff));
    const seen = new Set<number>();
    while (!extensions.done) {
      const type = extensions.number(2);
      const data = extensions.vector(2, 0, 0xffff);
      if (seen.has(type)) throw new Malformed("extension sent twice");
      seen.add(type);
      if (type === EXTENSION.serverName) serverName = readServerName(data);
      if (type === EXTENSION.alpn) alpn = readAlpn(data);
      if (type === EXTENSION.ech || type === EXTENSION.esni) ech = true;
    }
  }
  if (!reader.done) throw new Malformed("bytes after the extensions");
  return { serverName, alpn, ech };
}

/** Exactly one entry of type host_name; a list with more is where parsers disagree. */
function readServerName(data: Uint8Array): string {
  const outer = new Reader(data);
  const list = new Reader(outer.vector(2, 1, 0xffff));
  if (list.number(1) !== 0) throw new Malformed("server name of unknown type");
  const name = list.vector(2, 1, 255);
  if (!list.done || !outer.done) throw new Malformed("more than one server name");
  if (name.some((byte) => byte <= 0x20 || byte >= 0x7f)) throw new Malformed("server name is not ASCII");
  return Buffer.from(name).toString("latin1").toLowerCase();
}

function readAlpn(data: Uint8Array): readonly string[] {
  const outer = new Reader(data);
  const list = new Reader(outer.vector(2, 2, 0xffff));
  if (!outer.done) throw new Malformed("bytes after the protocol list");
  const names: string[] = [];
  while (!list.done) names.push(Buffer.from(list.vector(1, 1, 255)).toString("latin1"));
  return names;
}

function word(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

/** Takes bytes in order; throws Malformed instead of reading past the end. */
class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#offset === this.#bytes.length;
  }

  take(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new Malformed("ClientHello cut short");
    const taken = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  number(width: 1 | 2): number {
    return this.take(width).reduce((value, byte) => value * 256 + byte, 0);
  }

  /** A length-prefixed run of bytes (RFC 8446 3.4) within its bounds. */
  vector(width: 1 | 2, least: number, most: number): Uint8Array {
    const length = this.number(width);
    if (length < least || length > most) throw new Malformed("vector length out of bounds");
    return this.take(length);
  }
}
