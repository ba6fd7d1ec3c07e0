import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openArchive, readSlice } from "../../../src/backends/smolmachines/image/archive.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { TarReader } from "../../../src/core/wire/tar-reader.ts";
import type { FuzzTarget } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";
import { archiveOf } from "../../support/saved-image.ts";

const folder = mkdtempSync(join(tmpdir(), "saved-archive-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const LIMITS = { entries: 20_000, bytes: 2 ** 40, pathBytes: 1024, depth: 16 };

const member = fc.tuple(
  fc.constantFrom("a", "b", "a/b", "blobs/sha256/x", "../x", "é", "x".repeat(120)),
  fc.oneof(fc.uint8Array({ maxLength: 1200 }), fc.constantFrom("b", "../b", "/b", "a/../b", "../../b")),
);

/** An archive with some bytes changed, checksums mended, or cut. */
const archive = fc
  .tuple(
    fc.array(member, { maxLength: 4 }),
    fc.array(fc.tuple(fc.nat(9), fc.nat(511), fc.constantFrom(0, 0x2f, 0x31, 0x37, 0x78, 0x80)), { maxLength: 1 }),
    fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(4000) }),
  )
  .map(([members, changes, cut]) => {
    const bytes = archiveOf(members);
    for (const [block, at, byte] of changes) {
      const start = (block * 512) % bytes.length;
      bytes[start + at] = byte;
      const head = bytes.subarray(start, start + 512);
      if (head.toString("latin1", 257, 262) !== "ustar") continue;
      head.write("        ", 148, "latin1");
      const sum = head.reduce((total, value) => total + value, 0);
      head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    }
    return cut === null ? bytes : bytes.subarray(0, cut);
  });

/** The files as who reads all of it sees them; null for what is not right. */
function readWhole(bytes: Buffer): ReadonlyMap<string, Buffer> | null {
  const reader = new TarReader(LIMITS);
  const files = new Map<string, Buffer>();
  const names = new Set<string>();
  let path = "";
  for (const event of reader.push(bytes)) {
    if (event.type === "problem") return null;
    if (event.type === "entry") {
      path = event.entry.path;
      if (event.entry.kind === "folder") continue;
      if (names.has(path)) return null;
      names.add(path);
      if (event.entry.kind === "file") files.set(path, Buffer.alloc(0));
    }
    if (event.type === "data") files.set(path, Buffer.concat([files.get(path) ?? Buffer.alloc(0), event.bytes]));
  }
  return reader.end() === null ? files : null;
}

export const target: FuzzTarget = {
  name: "saved-archive",
  promise: "who seeks in an archive sees the very files that who reads all of it sees, and nothing outside of it",
  parsers: ["src/backends/smolmachines/image/archive.ts"],
  input: archive,
  runs: 1000,
  check: async (input) => {
    const file = join(folder, "archive.tar");
    writeFileSync(file, input);
    const whole = readWhole(input);
    let opened: Awaited<ReturnType<typeof openArchive>>;
    try {
      opened = await openArchive(file);
    } catch (error) {
      assert.ok(error instanceof BottleError && error.code === "HOST_UNFIT", String(error));
      assert.equal(whole, null, error.message);
      return false;
    }
    assert.ok(whole !== null);
    for (const [name, bytes] of whole) {
      const slice = opened.find(name);
      assert.deepEqual(await readSlice(slice, 0, slice.size), bytes);
    }
    for (const name of ["a", "b", "a/b", "../x", "blobs/sha256/x"]) {
      try {
        const { offset, size } = opened.find(name);
        assert.ok(offset % 512 === 0 && offset + size <= input.length);
      } catch (error) {
        assert.ok(error instanceof BottleError, String(error));
      }
    }
    return whole.size > 0;
  },
};
