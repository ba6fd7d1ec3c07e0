import { createHash, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import { bitString, boolean, context, integer, octetString, oid, sequence, set, time, utf8String } from "./der.ts";

/** What a certificate says; keys are P-256, the signature is ECDSA with SHA-256. */
export interface CertificateFields {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  /** Public half of `signingKey`: names the authority key. */
  readonly issuerKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** null: a CA that signs leaves and nothing else. Otherwise the one name or address of a server. */
  readonly host: string | null;
}

const OID = {
  commonName: "2.5.4.3",
  organisation: "2.5.4.10",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

/**
 * Writes one X.509 v3 certificate (RFC 5280) as PEM. Key identifiers are on leaf and CA, since strict
 * verifiers (Python 3.13) refuse leaves without them. Throws only when the keys are not P-256.
 */
export function writeCertificate(fields: CertificateFields): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const body = sequence(
    context(0, true, integer(Buffer.from([2]))),
    integer(serial()),
    algorithm,
    name(fields.issuer),
    sequence(time(fields.notBefore), time(fields.notAfter)),
    name(fields.subject),
    spki(fields.publicKey),
    context(3, true, sequence(...extensions(fields))),
  );
  const signature = sign("sha256", body, fields.signingKey);
  const der = sequence(body, algorithm, bitString(signature)).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${(der.match(/.{1,64}/g) ?? []).join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** 20 bytes at most, positive, never zero, unpredictable (RFC 5280 section 4.1.2.2). */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function name(commonName: string): Buffer {
  const attribute = (type: string, text: string) => set(sequence(oid(type), utf8String(text)));
  return sequence(attribute(OID.organisation, "bot-bottle"), attribute(OID.commonName, commonName.slice(0, 64)));
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

/** SHA-1 of the public point, method 1 of RFC 5280 section 4.2.1.2: an identifier, not a protection. */
function keyIdentifier(key: KeyObject): Buffer {
  return createHash("sha1").update(spki(key).subarray(-65)).digest();
}

function extensions(fields: CertificateFields): Buffer[] {
  const extension = (id: string, critical: boolean, value: Uint8Array) =>
    sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
  const identifiers = [
    extension(OID.subjectKeyIdentifier, false, octetString(keyIdentifier(fields.publicKey))),
    extension(OID.authorityKeyIdentifier, false, sequence(context(0, false, keyIdentifier(fields.issuerKey)))),
  ];
  if (fields.host === null) {
    return [
      extension(OID.basicConstraints, true, sequence(boolean(true), integer(Buffer.from([0])))),
      // keyCertSign alone: bit 5 of the BIT STRING.
      extension(OID.keyUsage, true, bitString(Buffer.from([0x04]), 2)),
      ...identifiers,
    ];
  }
  return [
    extension(OID.basicConstraints, true, sequence()),
    // digitalSignature alone: bit 0.
    extension(OID.keyUsage, true, bitString(Buffer.from([0x80]), 7)),
    extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuth))),
    extension(OID.subjectAltName, false, sequence(alternativeName(fields.host))),
    ...identifiers,
  ];
}

/** dNSName [2] or iPAddress [7] of RFC 5280 section 4.2.1.6. */
function alternativeName(host: string): Buffer {
  const family = isIP(host);
  if (family === 0) return context(2, false, Buffer.from(host, "ascii"));
  if (family === 4) return context(7, false, Buffer.from(host.split(".").map(Number)));
  return context(7, false, ipv6Bytes(host));
}

function ipv6Bytes(address: string): Buffer {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = (high: string, low: string) => ((Number(high) << 8) | Number(low)).toString(16);
  const plain =
    dotted === null
      ? address
      : `${dotted[1]}${hex(dotted[2] ?? "", dotted[3] ?? "")}:${hex(dotted[4] ?? "", dotted[5] ?? "")}`;
  const [left = "", right] = plain.split("::");
  const groups = (text: string | undefined) => (text === undefined || text === "" ? [] : text.split(":"));
  const head = groups(left);
  const tail = groups(right);
  const words = [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
  return Buffer.from(words.flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 0xff]));
}
