import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { Secret } from "../../../src/core/model/secret.ts";
import { TAR_END, type TarHeader, tarHeader, tarPadding } from "../../../src/core/wire/tar-writer.ts";
import { Spool } from "../../../src/host/spool.ts";
import { placeTree } from "../../../src/session/copy/place.ts";
import { Sieve, type SieveRules } from "../../../src/session/copy/sieve.ts";
import { askSearch, serveSearch } from "../../../src/session/search-service.ts";

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "copy-"));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const entry = (path: string, text = "", more: Partial<TarHeader> = {}) => {
  const size = Buffer.byteLength(text);
  const head = tarHeader({ path, type: "file", size, mode: 0o644, mtime: 1, ...more });
  return Buffer.concat([head, Buffer.from(text), tarPadding(size)]);
};
const dir = (path: string) => entry(path, "", { type: "folder", mode: 0o755 });
const link = (path: string, target: string) => entry(path, "", { type: "link", target });

function sift(parts: readonly Uint8Array[], rules: Partial<SieveRules> = {}) {
  const out: Buffer[] = [];
  const all = { maxBytes: 1 << 20, links: false, skipOdd: false, rename: (path: string) => path, ...rules };
  const sieve = new Sieve(all, (bytes) => out.push(Buffer.from(bytes)));
  sieve.push(Buffer.concat([...parts, TAR_END]));
  return { sifted: sieve.end(), archive: Buffer.concat(out) };
}

test("row 143: a link, a pipe or a name that misleads ends the copy and is named, escaped, or is left out", () => {
  const odd = [dir("./"), entry("./a", "1"), link("./l\x1b[2J", "/etc/passwd"), link("./m", "x"), entry("./b", "2")];
  assert.throws(() => sift(odd), { code: "COPY_REFUSED", message: /nothing was copied: l\\x1b\[2J is a name with/ });
  const { sifted, archive } = sift(odd, { skipOdd: true });
  assert.deepEqual([sifted.files, sifted.bytes, sifted.leftCount, sifted.isFolder], [2, 2, 2, true]);
  assert.deepEqual(sifted.left, ["l\\x1b[2J (a name with control characters)", "m (a symbolic link)"]);
  assert.ok(!archive.includes("passwd"));
});

test("row 143: what passes is written anew: only names, modes, times and contents", () => {
  const hostile = entry("a", "text", { mode: 0o6755 });
  // Owner, group and device fields of the header carry what a careless reader might use.
  hostile.write("root\0", 265, "latin1");
  hostile.write("        ", 148, "latin1");
  const sum = hostile.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  hostile.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  const { archive } = sift([hostile], { rename: () => "b" });
  assert.deepEqual(archive, Buffer.concat([entry("b", "text", { mode: 0o755 }), TAR_END]));
});

test("row 143: greatest size, a cut archive and a bomb of a size end the copy", () => {
  assert.throws(() => sift([entry("a", "x".repeat(1000))], { maxBytes: 999 }), /more than 999 bytes/);
  const sieve = new Sieve({ maxBytes: 99, links: false, skipOdd: true, rename: (path) => path }, () => undefined);
  sieve.push(entry("a", "x"));
  assert.throws(() => sieve.end(), /ends too early/);
});

test("row 143: entries of one archive cannot lead each other astray", async (context) => {
  const top = folder(context);
  for (const [n, parts] of [
    [dir("./"), dir("d"), entry("d", "a file over its folder")],
    [dir("./"), entry("d", "a file"), entry("d/f", "below a file")],
    [dir("./"), entry("d/f", "x"), entry("d", "over a folder with something in it")],
  ].entries()) {
    const target = join(top, String(n));
    mkdirSync(target);
    using spool = new Spool(top);
    spool.write(sift(parts).archive);
    await assert.rejects(
      placeTree(spool, target, (path) => path || null),
      { code: "COPY_REFUSED", message: /only a part was copied/ },
      String(n),
    );
  }
  using spool = new Spool(top);
  spool.write(sift([dir("./"), entry("deep/er/f", "1"), entry("deep/er/f", "2")]).archive);
  await placeTree(spool, top, (path) => (path === "" ? "named" : `named/${path}`));
  assert.equal(readFileSync(join(top, "named/deep/er/f"), "utf8"), "2");
  assert.deepEqual(readdirSync(join(top, "named/deep/er")), ["f"]);
});

const VALUE = "zq8-0f7c1d2e3b4a5968-service";

test("the host process finds its credentials in a stream, whatever the pieces, and says their names only", async (context) => {
  const path = join(folder(context), "s");
  const secrets = [new Secret("service", VALUE)];
  const server = await serveSearch(path, () => secrets);
  context.after(() => new Promise((resolve) => server.close(resolve)));
  const ask = (...pieces: string[]) => askSearch(path, Readable.from(pieces.map((piece) => Buffer.from(piece))));
  assert.deepEqual(await ask("nothing in here"), []);
  assert.deepEqual(await ask(), []);
  assert.deepEqual(await ask("x", VALUE.slice(0, 9), VALUE.slice(9), "y"), ["service"]);
  assert.deepEqual(await ask(Buffer.from(VALUE).toString("base64")), ["service"]);
  // A value that came later is known too.
  secrets.push(new Secret("fresh", "another-value-0123456789"));
  assert.deepEqual(await ask("another-value-0123456789"), ["fresh"]);
  const raw = createConnection({ path, allowHalfOpen: true });
  raw.end(VALUE);
  assert.equal((await raw.setEncoding("utf8").toArray()).join(""), '{"found":["service"]}\n');
});

test("no answer is no permission: a missing host process, or one that cannot search", async (context) => {
  const path = join(folder(context), "s");
  assert.equal(await askSearch(path, Readable.from([Buffer.from("x")])), null);
  const server = await serveSearch(path, () => [new Secret("short", "1234")]);
  context.after(() => new Promise((resolve) => server.close(resolve)));
  assert.equal(await askSearch(path, Readable.from([Buffer.alloc(1 << 20)])), null);
});
