import assert from "node:assert/strict";
import { test } from "node:test";
import { readWorkReport } from "../../../src/core/wire/work-report.ts";
import { reportReader } from "../../../src/session/work/report-reader.ts";
import fc from "../../support/properties.ts";

const hex = (text: string | Uint8Array) => Buffer.from(text as string).toString("hex");
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
