import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { rootCertificates } from "node:tls";
import { javaTrustStore } from "../../../src/core/plan/java-trust.ts";

/** Reads a trust store back as sun.security.provider.JavaKeyStore does: aliases and DER. Throws on anything else. */
function readStore(bytes: Buffer): readonly { alias: string; der: Buffer }[] {
  const body = bytes.subarray(0, -20);
  const password = Buffer.from("changeit", "utf16le").swap16();
  const digest = createHash("sha1").update(password).update("Mighty Aphrodite").update(body).digest();
  assert.deepEqual(bytes.subarray(-20), digest);
  let at = 0;
  const take = (length: number) => {
    at += length;
    return body.subarray(at - length, at);
  };
  const text = () => take(take(2).readUInt16BE()).toString("latin1");
  assert.deepEqual([take(4).readUInt32BE(), take(4).readUInt32BE()], [0xfeedfeed, 2]);
  const entries = Array.from({ length: take(4).readUInt32BE() }, () => {
    assert.equal(take(4).readUInt32BE(), 2);
    const alias = text();
    take(8);
    assert.equal(text(), "X.509");
    return { alias, der: Buffer.from(take(take(4).readUInt32BE())) };
  });
  assert.equal(at, body.length);
  return entries;
}

const derOf = (pem: string) => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");

test("a Java trust store holds each certificate of the bundle once, in order, under an alias of its own", () => {
  const pems = rootCertificates.slice(0, 20);
  const store = readStore(Buffer.from(javaTrustStore(`# a comment\n${pems.join("\n")}\n`)));
  assert.deepEqual(
    store.map(({ der }) => der),
    pems.map(derOf),
  );
  assert.equal(new Set(store.map(({ alias }) => alias)).size, 20);
});

test("a bundle without certificates gives an empty store, and keys are left out", () => {
  const key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  assert.deepEqual(readStore(Buffer.from(javaTrustStore(key))), []);
});
