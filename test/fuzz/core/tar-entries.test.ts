import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { guestArchive } from "../../../src/backends/guest-archive.ts";
import { readTar, type TarFile } from "../../../src/core/wire/tar-entries.ts";

const FILES = [
  { path: "home/agent/a", mode: 0o644, content: Buffer.from("one\n") },
  { path: `deep/${"d".repeat(90)}/${"e".repeat(90)}/x`, mode: 0o755, content: Buffer.alloc(1500, 7) },
  { path: "umlaut-ä/файл", mode: 0o600, content: Buffer.alloc(0) },
];
const sample = guestArchive(FILES.map((file) => ({ ...file, path: `/${file.path}` })));

test("what our own writer makes is read back", () => {
  assert.deepEqual(readTar(sample), { files: FILES, whole: true });
});

for (const format of ["posix", "gnu", "ustar"]) {
  test(`what tar makes in the ${format} format is read: files whole, links and FIFOs passed over`, (context) => {
    const folder = mkdtempSync(join(tmpdir(), "tar-"));
    context.after(() => rmSync(folder, { recursive: true }));
    for (const { path, mode, content } of FILES) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
      chmodSync(join(folder, path), mode);
    }
    symlinkSync("/etc/shadow", join(folder, "link"));
    assert.equal(spawnSync("mkfifo", [join(folder, "fifo")]).status, 0);
    const made = spawnSync("tar", ["--create", "--file=-", `--format=${format}`, "-C", folder, "."], {
      maxBuffer: 1 << 24,
    });
    assert.equal(made.status, 0, made.stderr.toString());
    const { files, whole } = readTar(made.stdout);
    const byPath = (list: TarFile[]) => list.sort((one, other) => (one.path < other.path ? -1 : 1));
    assert.ok(whole);
    assert.deepEqual(
      byPath(files.map((file) => ({ ...file, path: file.path.replace(/^\.\//, "") }))),
      byPath([...FILES]),
    );
  });
}

test("any bytes are read without a throw, and nothing comes out that was not in them", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => {
      const { files } = readTar(bytes);
      assert.ok(files.reduce((sum, { content }) => sum + content.length, 0) <= bytes.length);
    }),
  );
});

test("row 143: a changed archive gives files of at most its own length, or ends early; never a throw", () => {
  const change = fc.record({ at: fc.nat(sample.length - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(sample.length), (changes, cut) => {
      const bytes = Buffer.from(sample);
      for (const { at, byte } of changes) bytes[at] = byte;
      const { files, whole } = readTar(bytes.subarray(0, cut));
      assert.ok(files.reduce((sum, { content }) => sum + content.length, 0) <= cut);
      if (whole) assert.ok(cut >= 512);
    }),
    { numRuns: 2000 },
  );
});

test("a size beyond the archive, a negative one and too many files end the reading", () => {
  const header = (size: Buffer) => {
    const bytes = Buffer.from(sample.subarray(0, 512));
    size.copy(bytes, 124);
    bytes.write("        ", 148, "latin1");
    const sum = bytes.reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    return Buffer.concat([bytes, Buffer.alloc(2048)]);
  };
  const huge = Buffer.alloc(12);
  huge[0] = 0x80;
  huge[5] = 1;
  for (const size of [huge, Buffer.alloc(12, 0xff), Buffer.from("77777777777\0"), Buffer.from("-0000000001\0")]) {
    assert.deepEqual(readTar(header(size)), { files: [], whole: false });
  }
  assert.deepEqual(readTar(sample, 1), { files: FILES.slice(0, 1), whole: false });
});
