import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { createServer } from "node:tls";
import { promisify } from "node:util";
import { createBottleCa } from "../../../src/gateway/certificate/bottle-ca.ts";
import { listenOn } from "../../support/gateway/origin.ts";
import { skipWithout } from "../../support/needs.ts";

const DAY = 24 * 60 * 60 * 1000;

function folder(t: { after(undo: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), "bottle-ca-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test("row 102: each bottle has a CA of its own, and one does not vouch for another's leaves", () => {
  const [one, other] = [createBottleCa("one"), createBottleCa("other")];
  const leaf = new X509Certificate(one.mint("api.example.test"));
  assert.equal(leaf.verify(new X509Certificate(one.caPem).publicKey), true);
  assert.equal(leaf.verify(new X509Certificate(other.caPem).publicKey), false);
});

test("row 102: a leaf names its host alone, is no CA and lives at most 99 days", () => {
  const now = Date.UTC(2026, 4, 1);
  const ca = createBottleCa("demo", () => now);
  const leaf = new X509Certificate(ca.mint("api.example.test"));
  assert.equal(leaf.subjectAltName, "DNS:api.example.test");
  assert.equal(leaf.ca, false);
  assert.equal(leaf.checkHost("api.example.test"), "api.example.test");
  assert.equal(leaf.checkHost("evil.example.test"), undefined);
  assert.ok(leaf.validToDate.getTime() - leaf.validFromDate.getTime() <= 99 * DAY);
  assert.ok(leaf.validFromDate.getTime() < now);
  assert.equal(leaf.checkIssued(new X509Certificate(ca.caPem)), true);
});

test("addresses become IP names, in every form of IPv6", () => {
  const ca = createBottleCa("demo");
  for (const address of ["192.0.2.7", "2001:db8::7", "::1", "::", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8"]) {
    const leaf = new X509Certificate(ca.mint(address));
    assert.notEqual(leaf.checkIP(address), undefined, `${address}: ${leaf.subjectAltName}`);
  }
});

test("certificates after 2049 and serial numbers of every shape can be read", () => {
  const ca = createBottleCa("demo", () => Date.UTC(2061, 0, 1));
  assert.equal(new X509Certificate(ca.mint("a.test")).validFromDate.getUTCFullYear(), 2060);
  const serials = new Set(Array.from({ length: 50 }, () => new X509Certificate(ca.mint("a.test")).serialNumber));
  assert.equal(serials.size, 50);
});

test("row 126: contexts are cached, and the cache does not grow without end", () => {
  const ca = createBottleCa("demo");
  const first = ca.contextFor("first.test");
  assert.equal(ca.contextFor("first.test"), first);
  for (let i = 0; i < 256; i += 1) ca.contextFor(`h${i}.test`);
  assert.notEqual(ca.contextFor("first.test"), first);
});

test("a cached leaf is replaced before it ends", () => {
  let now = Date.UTC(2026, 4, 1);
  const ca = createBottleCa("demo", () => now);
  const first = ca.contextFor("a.test");
  now += 89.5 * DAY;
  assert.notEqual(ca.contextFor("a.test"), first);
});

test("openssl verifies CA and leaf strictly", { skip: skipWithout("openssl") }, (t) => {
  const path = folder(t);
  const ca = createBottleCa("demo");
  writeFileSync(join(path, "ca.pem"), ca.caPem);
  for (const host of ["api.example.test", "192.0.2.7", "2001:db8::7"]) {
    writeFileSync(join(path, "leaf.pem"), ca.mint(host));
    const named = host.includes("e") ? ["-verify_hostname", host] : ["-verify_ip", host];
    const check = host.includes(":") ? ["-verify_ip", host] : named;
    const args = ["verify", "-x509_strict", "-purpose", "sslserver", ...check, "-CAfile", "ca.pem", "leaf.pem"];
    assert.match(execFileSync("openssl", args, { cwd: path, encoding: "utf8" }), /leaf\.pem: OK/);
  }
  const wrong = ["verify", "-verify_hostname", "evil.test", "-CAfile", "ca.pem", "leaf.pem"];
  assert.notEqual(spawnSync("openssl", wrong, { cwd: path }).status, 0);
});

test("Python in strict mode and Node accept the chain in a handshake", { skip: skipWithout("python3") }, async (t) => {
  const path = folder(t);
  const ca = createBottleCa("demo");
  writeFileSync(join(path, "ca.pem"), ca.caPem);
  const server = createServer({ SNICallback: (name, done) => done(null, ca.contextFor(name)) }, (s) => s.end("hello"));
  const port = await listenOn(server);
  t.after(() => server.close());
  const script = [
    "import socket, ssl",
    "c = ssl.create_default_context(cafile='ca.pem')",
    "c.verify_flags |= ssl.VERIFY_X509_STRICT",
    `s = c.wrap_socket(socket.create_connection(('127.0.0.1', ${port})), server_hostname='api.example.test')`,
    "print(s.recv(5).decode())",
  ].join("\n");
  const { stdout } = await promisify(execFile)("python3", ["-c", script], { cwd: path });
  assert.equal(stdout.trim(), "hello");
  const script2 = `
    const s = require("node:tls").connect({ port: ${port}, host: "127.0.0.1", servername: "api.example.test",
      ca: require("node:fs").readFileSync("ca.pem") }, () => s.pipe(process.stdout));`;
  const node = await promisify(execFile)(process.execPath, ["-e", script2], { cwd: path });
  assert.equal(node.stdout, "hello");
});
