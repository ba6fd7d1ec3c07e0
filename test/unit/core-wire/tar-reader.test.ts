import assert from "node:assert/strict";
import { test } from "node:test";
import { type TarEvent, type TarLimits, TarReader } from "../../../src/core/wire/tar-reader.ts";
import { TAR_END, type TarHeader, tarHeader, tarPadding } from "../../../src/core/wire/tar-writer.ts";

const LIMITS: TarLimits = { entries: 10, bytes: 10_000, pathBytes: 300, depth: 5 };

function read(archive: Uint8Array, limits = LIMITS): { events: TarEvent[]; end: string | null } {
  const reader = new TarReader(limits);
  const events = reader.push(archive);
  return { events, end: reader.end() };
}

function problemOf(archive: Uint8Array, limits = LIMITS): string | null {
  const { events, end } = read(archive, limits);
  const last = events.at(-1);
  return last?.type === "problem" ? last.problem : end;
}

function entry(path: string, content = "", more: Partial<TarHeader> = {}): Buffer {
  const size = Buffer.byteLength(content);
  const head = tarHeader({ path, type: "file", size, mode: 0o644, mtime: 1_700_000_000, ...more });
  return Buffer.concat([head, Buffer.from(content), tarPadding(size)]);
}

/** Changes one byte or more of a header, and mends its checksum. */
function forged(archive: Buffer, at: number, bytes: string | readonly number[]): Buffer {
  const copy = Buffer.from(archive);
  Buffer.from(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes).copy(copy, at);
  copy.write("        ", 148, "latin1");
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return copy;
}

const archive = (...parts: Uint8Array[]) => Buffer.concat([...parts, TAR_END]);
const TYPE = 156;

test("files and folders come out with path, mode and time, set-id bits do not", () => {
  const folder = tarHeader({ path: "./d/", type: "folder", size: 0, mode: 0o2755, mtime: 5 });
  const { events, end } = read(archive(folder, entry("./d//./é.txt", "hello", { mode: 0o4711 })));
  assert.equal(end, null);
  assert.deepEqual(
    events.map((event) => (event.type === "data" ? Buffer.from(event.bytes).toString() : event)),
    [
      {
        type: "entry",
        entry: { path: "d", kind: "folder", oddity: null, size: 0, mode: 0o755, mtime: 5, target: null },
      },
      {
        type: "entry",
        entry: {
          path: "d/é.txt",
          kind: "file",
          oddity: null,
          size: 5,
          mode: 0o711,
          mtime: 1_700_000_000,
          target: null,
        },
      },
      "hello",
      { type: "close" },
    ],
  );
});

test("row 143: links, devices, pipes and names that mislead are told apart, and their content is passed over", () => {
  const link = tarHeader({ path: "l", type: "link", size: 0, mode: 0o777, mtime: 0, target: "../../etc/passwd" });
  const odd = (type: string) => forged(entry("x"), TYPE, type);
  const latin1 = forged(entry("name", "abc"), 0, [0x6e, 0xe9]);
  const { events, end } = read(
    archive(link, odd("1"), odd("3"), odd("4"), odd("6"), entry("a\x1b[2Jb", "abc"), latin1, entry("end")),
  );
  assert.equal(end, null);
  assert.deepEqual(
    events.flatMap((event) => (event.type === "entry" ? [[event.entry.kind, event.entry.oddity]] : [])),
    [
      ["link", "a symbolic link"],
      ["odd", "a hard link"],
      ["odd", "a device"],
      ["odd", "a device"],
      ["odd", "a named pipe"],
      ["odd", "a name with control characters"],
      ["odd", "a name that is not UTF-8"],
      ["file", null],
    ],
  );
  assert.ok(!events.some((event) => event.type === "data"));
});

test("row 143: an archive that could be read in two ways, or leads out, is a problem", () => {
  const pax = (records: string, type = "x") =>
    Buffer.concat([forged(entry("PaxHeader", records), TYPE, type), entry("name", "1234")]);
  const gnuName = (name: string) => forged(entry("././@LongLink", `${name}\0`), TYPE, "L");
  for (const [bytes, problem] of [
    [archive(entry("/etc/passwd")), /^an absolute name: \/etc\/passwd$/],
    [archive(entry("a/../../b")), /^a name that goes up: a\/\.\.\/\.\.\/b$/],
    [archive(gnuName("../up"), entry("x")), /goes up/],
    [archive(pax("14 path=../up\n")), /goes up/],
    [archive(entry("folder/")), /file with the name of a folder/],
    [archive(entry(".")), /file with the name of a folder/],
    [archive(forged(entry("l", "abc"), TYPE, "2")), /content that can have none/],
    [archive(forged(entry("d", "abc"), TYPE, "5")), /content that can have none/],
    [archive(forged(entry("x"), TYPE, "S")), /entry of type S/],
    [archive(forged(entry("x"), TYPE, "7")), /entry of type 7/],
    [archive(forged(entry("x"), TYPE, "V")), /entry of type V/],
    [archive(forged(entry("x"), 257, "v7     \0")), /not of a tar archive/],
    [archive(forged(entry("x"), 124, "0000009")), /number that is none/],
    [archive(forged(entry("x"), 124, [0xc0])), /number that is none/],
    [archive(pax("10 size=5\n")), /two sizes/],
    [archive(pax("11 size=-5\n")), /number that is none/],
    [archive(pax("10 path=a\n10 path=b\n")), /says path twice/],
    [archive(pax("99 path=a\n")), /not well formed/],
    [archive(pax("8 path=a\n")), /not well formed/],
    [archive(pax("010 path=a\n")), /not well formed/],
    [archive(pax("22 GNU.sparse.major=1\n")), /sparse/],
    [archive(pax("11 path=ab\n", "g")), /global header that sets path/],
    [archive(gnuName("a"), gnuName("b"), entry("x")), /two names/],
    [archive(gnuName("a"), pax("10 path=b\n")), /two names/],
    [archive(forged(entry("PaxHeader", "10 path=a\n"), TYPE, "x")), /before its end/],
    [archive(gnuName("a\0b"), entry("x")), /holds a NUL/],
    [Buffer.concat([entry("a"), Buffer.alloc(512), entry("b"), TAR_END]), /single empty block/],
    [Buffer.concat([entry("a"), TAR_END, entry("b"), TAR_END]), /something follows/],
    [entry("a", "content"), /ends too early/],
    [archive(entry("a", "content")).subarray(0, 700), /ends too early/],
    [Buffer.alloc(0), /ends too early/],
    [Buffer.from("\x1f\x8b\x08 not a tar, but long enough to be read as a block".padEnd(600, "x")), /not of a tar/],
  ] as const) {
    assert.match(problemOf(bytes) ?? "accepted", problem);
  }
  const broken = archive(entry("a"));
  broken[0] = 0x62;
  assert.match(problemOf(broken) ?? "accepted", /checksum/);
});

test("row 143: entries, bytes, lengths and depth have a greatest value, and a size is believed at once", () => {
  assert.match(problemOf(archive(...Array.from({ length: 11 }, (_, at) => entry(`f${at}`)))) ?? "", /10 entries/);
  assert.match(problemOf(archive(entry("a", "x".repeat(6000)), entry("b", "x".repeat(6000)))) ?? "", /10000 bytes/);
  assert.match(problemOf(archive(forged(entry("a"), 124, "77777777777"))) ?? "", /10000 bytes/);
  assert.match(problemOf(archive(entry("a/b/c/d/e/f"))) ?? "", /too deep/);
  assert.match(problemOf(archive(entry("n".repeat(256)))) ?? "", /name is too long/);
  assert.match(problemOf(archive(entry(`${"n".repeat(100)}/`.repeat(4).slice(0, -1)))) ?? "", /path is too long/);
  const flood = Buffer.concat([entry("a"), TAR_END, Buffer.alloc(3 << 20)]);
  assert.match(problemOf(flood) ?? "", /end is too long/);
});

test("a global header with a comment, as git archive writes it, changes nothing", () => {
  const record = "52 comment=0123456789012345678901234567890123456789\n";
  const head = forged(entry("pax_global_header", record), TYPE, "g");
  assert.equal(problemOf(archive(head, entry("a", "b"))), null);
});
