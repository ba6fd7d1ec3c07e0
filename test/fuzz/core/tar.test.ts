import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { type TarEvent, TarReader } from "../../../src/core/wire/tar-reader.ts";
import { TAR_END, tarHeader, tarPadding } from "../../../src/core/wire/tar-writer.ts";
import fc from "../../support/properties.ts";

const LIMITS = { entries: 1000, bytes: 1 << 24, pathBytes: 4096, depth: 64 };

/** What a reader sees, contents joined, whatever the pieces were. */
function seen(pieces: Iterable<Uint8Array>): { entries: Map<string, string>; problem: string | null } {
  const reader = new TarReader(LIMITS);
  const entries = new Map<string, string>();
  let path = "";
  let problem: string | null = null;
  const use = (event: TarEvent) => {
    if (event.type === "problem") problem = event.problem;
    if (event.type === "entry") {
      const { kind, mode } = event.entry;
      path = event.entry.path;
      entries.set(path, `${kind} ${(mode & 0o700).toString(8)} `);
    }
    if (event.type === "data") entries.set(path, `${entries.get(path)}${Buffer.from(event.bytes).toString("latin1")}`);
  };
  for (const piece of pieces) reader.push(piece).forEach(use);
  return { entries, problem: problem ?? reader.end() };
}

const component = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(..."abc-_. *?'\"\\$é漢"), minLength: 1, maxLength: 120 }),
  )
  .map((name) => name.replace(/[/\p{C}\u2028\u2029]/gu, "_").trim() || "x")
  .filter((name) => name !== "." && name !== ".." && Buffer.byteLength(name) <= 200);
const content = fc.uint8Array({ maxLength: 2000 });
const files = fc.dictionary(
  fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
  content,
  {
    maxKeys: 6,
    noNullPrototype: true,
  },
);
const mode = fc.constantFrom(0o600, 0o644, 0o700, 0o755);

function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "tar-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is on the disk, in the words of `seen`. */
function onDisk(folder: string, path = "", into = new Map<string, string>()): Map<string, string> {
  const stat = lstatSync(join(folder, path));
  const rights = (stat.mode & 0o700).toString(8);
  if (stat.isDirectory()) {
    into.set(path, `folder ${rights} `);
    for (const name of readdirSync(join(folder, path))) onDisk(folder, join(path, name), into);
  } else if (stat.isFile()) into.set(path, `file ${rights} ${readFileSync(join(folder, path), "latin1")}`);
  else into.set(path, stat.isSymbolicLink() ? "link" : "odd");
  return into;
}

function tar(folder: string, args: readonly string[], input?: Uint8Array) {
  const env = { PATH: process.env.PATH ?? "", LC_ALL: "C.UTF-8" };
  return spawnSync("tar", ["-C", folder, ...args], { env, maxBuffer: 1 << 26, ...(input ? { input } : {}) });
}

test("what GNU tar packs is read as it was, in each of its formats and in any pieces", () => {
  fc.assert(
    fc.property(
      files,
      mode,
      fc.constantFrom("gnu", "pax", "posix"),
      fc.integer({ min: 1, max: 1500 }),
      (tree, bits, format, size) =>
        inFolder((folder) => {
          for (const [path, bytes] of Object.entries(tree)) {
            try {
              mkdirSync(dirname(join(folder, path)), { recursive: true });
              writeFileSync(join(folder, path), bytes);
              chmodSync(join(folder, path), bits);
            } catch {
              // A file stands where this one wants a folder, or the path is too long for the machine.
            }
          }
          const packed = tar(folder, ["--create", "--file=-", `--format=${format}`, "."]);
          assert.equal(packed.status, 0, packed.stderr.toString());
          const pieces = Array.from({ length: Math.ceil(packed.stdout.length / size) }, (_, at) =>
            packed.stdout.subarray(at * size, (at + 1) * size),
          );
          const read = seen(pieces);
          assert.equal(read.problem, null);
          assert.deepEqual(read.entries, onDisk(folder));
          assert.deepEqual(seen([packed.stdout]), read);
        }),
    ),
    { numRuns: 60 },
  );
});

/** An archive of ours, of random files. */
function packed(tree: Readonly<Record<string, Uint8Array>>): Buffer {
  const parts = Object.entries(tree).flatMap(([path, bytes]) => [
    tarHeader({ path, type: "file", size: bytes.length, mode: 0o644, mtime: 1 }),
    bytes,
    tarPadding(bytes.length),
  ]);
  return Buffer.concat([...parts, TAR_END]);
}

test("what we pack GNU tar unpacks as it was", () => {
  fc.assert(
    fc.property(fc.dictionary(component, content, { maxKeys: 6, noNullPrototype: true }), (tree) =>
      inFolder((folder) => {
        const unpacked = tar(folder, ["--extract", "--file=-"], packed(tree));
        assert.equal(unpacked.status, 0, unpacked.stderr.toString());
        for (const [path, bytes] of Object.entries(tree))
          assert.deepEqual(readFileSync(join(folder, path)), Buffer.from(bytes));
        assert.deepEqual(readdirSync(folder).sort(), Object.keys(tree).sort());
      }),
    ),
    { numRuns: 40 },
  );
});

/** Bytes changed in the headers, where a hostile writer would; checksums mended or not. */
const forgeries = fc.array(
  fc.record({
    block: fc.nat(12),
    at: fc.nat(511),
    byte: fc.oneof(fc.constantFrom(0, 0x2f, 0x2e, 0x31, 0x35, 0x80, 0xff), fc.nat(255)),
  }),
  { maxLength: 4 },
);

function forge(
  archive: Buffer,
  changes: readonly { block: number; at: number; byte: number }[],
  mend: boolean,
): Buffer {
  const copy = Buffer.from(archive);
  for (const { block, at, byte } of changes) {
    const start = (block * 512) % copy.length;
    copy[start + at] = byte;
    const head = copy.subarray(start, start + 512);
    if (!mend || head.toString("latin1", 257, 262) !== "ustar") continue;
    head.write("        ", 148, "latin1");
    const sum = head.reduce((total, value) => total + value, 0);
    head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  }
  return copy;
}

test("row 143: what the reader takes without a problem GNU tar reads in the same way", () => {
  let taken = 0;
  fc.assert(
    fc.property(files, forgeries, fc.boolean(), (tree, changes, mend) => {
      const archive = forge(packed(tree), changes, mend);
      const read = seen([archive]);
      if (read.problem !== null) return;
      // The files of an archive, once each, none below another: what stands in the way of another is for the writer.
      const paths = [...read.entries.keys()];
      const plain = [...read.entries.values()].every((value) => value.startsWith("file "));
      if (!plain || paths.some((one) => paths.some((other) => other.startsWith(`${one}/`)))) return;
      taken += 1;
      inFolder((folder) => {
        const unpacked = tar(folder, ["--extract", "--no-same-owner", "--no-same-permissions", "--file=-"], archive);
        const found = [...onDisk(folder)].filter(([, value]) => !value.startsWith("folder "));
        const contents = (entries: Iterable<[string, string]>) =>
          [...entries].map(([path, value]) => [path, value.replace(/^file \d+ /, "")]).sort();
        assert.deepEqual(contents(found), contents(read.entries), unpacked.stderr.toString());
      });
    }),
    { numRuns: 300 },
  );
  assert.ok(taken > 50, `only ${taken} archives were compared`);
});
