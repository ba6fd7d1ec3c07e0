import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readWorkReport } from "../../../src/core/wire/work-report.ts";
import { reportReader } from "../../../src/session/work/report-reader.ts";

const hex = (text: string | Uint8Array) => Buffer.from(text as string).toString("hex");
const id = fc.constantFrom("a".repeat(40), "0123456789".repeat(4), "b".repeat(64), "A".repeat(40), "c".repeat(39), "");
const name = fc.oneof(
  fc.constantFrom(
    "refs/heads/main",
    "refs/heads/../x",
    "refs/tags/é",
    "HEAD",
    "-x",
    "a/../b",
    "/etc",
    "a//b",
    "a/./b",
    "..",
  ),
  fc.constantFrom(
    "refs/heads/\u001b[2J",
    "refs/heads/a b",
    "refs/heads/x.lock",
    "refs/heads/.x",
    "refs/heads/a@{1}",
    "a\nb",
    "a\0b",
  ),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.uint8Array({ maxLength: 12 }),
);
const line = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("snapshot", "work", "head", "format"),
      fc.oneof(id, fc.constantFrom("sha1", "sha256", "md5")),
    )
    .map((it) => it.join(" ")),
  fc
    .tuple(fc.constantFrom("branch", "embedded", "missed"), name)
    .map(([key, value]) => `${key} ${hex(value as string)}`),
  fc.tuple(id, name).map(([ref, value]) => `ref ${ref} ${hex(value as string)}`),
  fc.string({ unit: "binary", maxLength: 30 }),
);
const report = fc.array(line, { maxLength: 8 }).map((lines) => ["format sha1", ...lines].join("\n"));
const soundId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

test("row 139: a report of any text is none, or holds ids of one length, refs that git takes and paths that stay below", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(report, fc.string({ unit: "binary", maxLength: 400 })), (text) => {
      const found = readWorkReport(text);
      if (found === null) return;
      read += 1;
      const length = found.format === "sha1" ? 40 : 64;
      for (const one of [found.snapshot, found.work, found.head, ...found.refs.map((ref) => ref.id)]) {
        if (one !== null) assert.ok(soundId.test(one) && one.length === length);
      }
      for (const ref of [...found.refs.map((it) => it.name), ...(found.branch === null ? [] : [found.branch])]) {
        assert.match(ref, /^refs\/[^\u0000-\u0020\u007f~^:?*[\\]+$/);
        assert.ok(!ref.includes("..") && !ref.includes("@{") && !ref.endsWith("/") && !ref.includes("/."));
      }
      for (const path of found.embedded) {
        assert.ok(!path.startsWith("/") && !path.includes("\0") && path !== "");
        assert.ok(path.split("/").every((part) => part !== "" && part !== "." && part !== ".."));
      }
    }),
    { numRuns: 5000 },
  );
  assert.ok(read > 100, `only ${read} were reports`);
});

test("a report that git made is read whole", () => {
  const ref = "refs/heads/ünï/x";
  const text = [
    "format sha256",
    `work ${"1".repeat(64)}`,
    `head ${"2".repeat(64)}`,
    `branch ${hex("refs/heads/main")}`,
    `ref ${"3".repeat(64)} ${hex(ref)}`,
    `embedded ${hex("libs/a b/")}`,
    `missed ${hex("x\ny")}`,
  ].join("\n");
  assert.deepEqual(readWorkReport(text), {
    format: "sha256",
    snapshot: null,
    work: "1".repeat(64),
    head: "2".repeat(64),
    branch: "refs/heads/main",
    refs: [{ name: ref, id: "3".repeat(64) }],
    embedded: ["libs/a b"],
    missed: ["x\ny"],
    history: null,
  });
  assert.deepEqual(readWorkReport("format sha1\nhistory-part 12")?.history, { bytes: 12, whole: false });
  assert.equal(readWorkReport("format sha1\nhistory-part 12\nhistory-whole 12"), null);
  assert.equal(readWorkReport("format sha1\nhistory-whole -1"), null);
  for (const wrong of [
    `${text}\nwork ${"1".repeat(64)}`,
    text.replace("sha256", "sha1"),
    `${text}\nodd x`,
    `${text} `,
    `${text}\n`,
  ])
    assert.equal(readWorkReport(wrong), null, wrong);
});

test("however the stream is cut, the same report and the same rest come out", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes.map((byte) => (byte % 3 === 0 ? 10 : byte)))),
      fc.array(fc.nat(60), { maxLength: 8 }),
      (bytes, cuts) => {
        const outcome = (pieces: readonly Buffer[]) => {
          const reader = reportReader(40);
          const rest = Buffer.concat(pieces.map((piece) => Buffer.from(reader.push(piece))));
          return { head: reader.head(), rest };
        };
        const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const pieces = ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
        assert.deepEqual(outcome(pieces), outcome([bytes]));
        const end = bytes.indexOf("\n\n");
        if (end >= 0 && end <= 40)
          assert.deepEqual(outcome(pieces), { head: bytes.toString("latin1", 0, end), rest: bytes.subarray(end + 2) });
        else assert.deepEqual(outcome(pieces), { head: null, rest: Buffer.alloc(0) });
      },
    ),
    { numRuns: 3000 },
  );
});
