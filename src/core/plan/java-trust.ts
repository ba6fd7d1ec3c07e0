import { createHash } from "node:crypto";

/** Mixed into the digest by every writer of the format: sun.security.provider.JavaKeyStore. */
const WHITENER = "Mighty Aphrodite";
/** What everybody uses for a store without secrets; Java itself reads it with no password given. */
const PASSWORD = "changeit";

const MAGIC = 0xfeedfeed;
const VERSION = 2;
const TRUSTED_CERTIFICATE = 2;

/**
 * The certificates of a PEM text as a Java trust store (JKS, which every Java since 1.2 reads): big-endian header,
 * then for each certificate its kind, alias, time of creation, type and DER; SHA-1 over password, whitener and all that
 * at the end (sun.security.provider.JavaKeyStore, engineStore). The same text gives the same bytes.
 */
export function javaTrustStore(pem: string): Uint8Array {
  const certificates = certificatesOf(pem);
  const body = Buffer.concat([
    ...[MAGIC, VERSION, certificates.length].map(int),
    ...certificates.flatMap((der, index) => [
      int(TRUSTED_CERTIFICATE),
      utf(`bottle-${index}`),
      Buffer.alloc(8),
      utf("X.509"),
      int(der.length),
      der,
    ]),
  ]);
  const digest = createHash("sha1")
    .update(Buffer.from(PASSWORD, "utf16le").swap16())
    .update(WHITENER)
    .update(body)
    .digest();
  return Buffer.concat([body, digest]);
}

function certificatesOf(pem: string): readonly Buffer[] {
  const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g);
  return Array.from(blocks, ([, text = ""]) => Buffer.from(text, "base64"));
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** ASCII as java.io.DataOutput.writeUTF writes it: a length of two bytes and the text. */
function utf(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return Buffer.concat([length, Buffer.from(text, "latin1")]);
}
