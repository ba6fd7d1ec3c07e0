import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { privateKeyProblem } from "../../../src/core/gitgate/private-key.ts";

/** The head of a key as ssh-keygen writes it (OpenSSH, PROTOCOL.key). */
function openssh(cipher: string): string {
  const name = Buffer.alloc(4);
  name.writeUInt32BE(cipher.length);
  const body = Buffer.concat([Buffer.from("openssh-key-v1\0"), name, Buffer.from(cipher), Buffer.alloc(200, 1)]);
  const label = "OPENSSH PRIVATE KEY";
  return `-----BEGIN ${label}-----\n${body.toString("base64").replace(/.{70}/g, "$&\n")}\n-----END ${label}-----\n`;
}

test("private keys without a passphrase are taken, in the forms that ssh reads", () => {
  assert.equal(privateKeyProblem(openssh("none")), null);
  assert.equal(privateKeyProblem(openssh("none").replaceAll("\n", "\r\n")), null);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  assert.equal(privateKeyProblem(privateKey.export({ type: "sec1", format: "pem" }).toString()), null);
  assert.equal(privateKeyProblem(privateKey.export({ type: "pkcs8", format: "pem" }).toString()), null);
});

test("a key that asks for a passphrase is refused, whatever form it has", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const cipher = { cipher: "aes-128-cbc", passphrase: "x", format: "pem" } as const;
  for (const text of [
    openssh("aes256-ctr"),
    privateKey.export({ type: "pkcs8", ...cipher }).toString(),
    privateKey.export({ type: "pkcs1", ...cipher }).toString(),
  ]) {
    assert.match(privateKeyProblem(text) ?? "", /^asks for a passphrase/);
  }
});

test("what is no private key is said as what it is", () => {
  assert.equal(privateKeyProblem("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me@here\n"), "is the public half of a key");
  for (const text of ["", "a token", openssh("none").split("\n")[0] ?? "", openssh("none").replaceAll("b3B", "AAA")]) {
    assert.equal(privateKeyProblem(text), "is no private key", text);
  }
});
