import { generateKeyPairSync, randomBytes } from "node:crypto";
import { Secret } from "../../core/model/secret.ts";

/** A key pair of one bottle; it never lies on a disk. */
export interface SshKeyPair {
  /** The line that a server is given: type, key and comment. */
  readonly publicLine: string;
  /** As ssh reads it from a file. */
  readonly privateKey: Secret;
}

const TYPE = "ssh-ed25519";
const BLOCK = 8;

/**
 * A new ed25519 pair in OpenSSH's own format (PROTOCOL.key), without passphrase: ssh before 9.6 reads no other of this kind.
 * `comment` is seen by the server.
 */
export function newSshKeyPair(name: string, comment: string): SshKeyPair {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { d = "", x = "" } = privateKey.export({ format: "jwk" });
  const seed = Buffer.from(d, "base64url");
  const point = Buffer.from(x, "base64url");
  const publicBlob = Buffer.concat([text(TYPE), text(point)]);
  // The same number twice shows whoever decrypts that the passphrase was right.
  const check = randomBytes(4);
  const secret = [check, check, text(TYPE), text(point), text(Buffer.concat([seed, point])), text(comment)];
  const plain = Buffer.concat(secret);
  const padding = Buffer.from(Array.from({ length: (BLOCK - (plain.length % BLOCK)) % BLOCK }, (_, at) => at + 1));
  const file = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...[text("none"), text("none"), text(""), number(1)],
    text(publicBlob),
    text(Buffer.concat([plain, padding])),
  ]);
  const lines = file.toString("base64").match(/.{1,70}/g) ?? [];
  const pem = ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
  return { publicLine: `${TYPE} ${publicBlob.toString("base64")} ${comment}`, privateKey: new Secret(name, pem) };
}

function number(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
}

/** `string` of RFC 4251, section 5. */
function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([number(bytes.length), bytes]);
}
