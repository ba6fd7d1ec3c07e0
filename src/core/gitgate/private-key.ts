const NEEDS_PASSPHRASE = "asks for a passphrase, which the git gate cannot answer";

/**
 * Why ssh could not use this text as a private key by itself, to be said behind the name of its source; null when it can.
 * Only what the first lines say is looked at: a broken key is ssh's to refuse.
 */
export function privateKeyProblem(text: string): string | null {
  const lines = text.trim().split(/\r?\n/);
  const [, kind] = /^-----BEGIN ([A-Z ]*)PRIVATE KEY-----$/.exec(lines[0] ?? "") ?? [];
  if (kind === undefined) {
    return /^(?:ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/]/.test(text) ? "is the public half of a key" : "is no private key";
  }
  if (kind === "ENCRYPTED ") return NEEDS_PASSPHRASE;
  if (kind === "OPENSSH ") return opensshProblem(lines.slice(1).join(""));
  // RFC 1421, 4.6.1.1
  return lines.slice(1, 4).some((line) => /^Proc-Type: *4,ENCRYPTED/.test(line)) ? NEEDS_PASSPHRASE : null;
}

const MAGIC = Buffer.from("openssh-key-v1\0", "latin1");

/** By the cipher that its head names (OpenSSH, PROTOCOL.key). */
function opensshProblem(body: string): string | null {
  const head = Buffer.from(body.slice(0, 200), "base64");
  if (!head.subarray(0, MAGIC.length).equals(MAGIC) || head.length < MAGIC.length + 8) return "is no private key";
  const length = head.readUInt32BE(MAGIC.length);
  const cipher = head.toString("latin1", MAGIC.length + 4, MAGIC.length + 4 + length);
  return cipher === "none" ? null : NEEDS_PASSPHRASE;
}
