import assert from "node:assert/strict";
import { readWorkReport } from "../../../src/core/wire/work-report.ts";
import { bytesOf, type FuzzTarget } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const hex = (text: string) => Buffer.from(text).toString("hex");
const id = fc.constantFrom("a".repeat(40), "0123456789".repeat(4), "b".repeat(64), "A".repeat(40), "c".repeat(39), "");
const NAMES =
  "refs/heads/main refs/heads/../x refs/tags/é HEAD -x a/../b /etc a//b a/./b .. refs/heads/x.lock refs/heads/.x refs/heads/a@{1}".split(
    " ",
  );
const name = fc.oneof(
  fc.constantFrom(...NAMES, "refs/heads/\u001b[2J", "refs/heads/a b", "a\nb", "a\0b"),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const line = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("snapshot", "work", "head", "format", "history-whole"),
      fc.oneof(id, fc.constantFrom("sha1", "sha256", "12")),
    )
    .map((it) => it.join(" ")),
  fc.tuple(fc.constantFrom("branch", "embedded", "missed"), name).map(([key, value]) => `${key} ${hex(value)}`),
  fc.tuple(id, name).map(([ref, value]) => `ref ${ref} ${hex(value)}`),
  fc.string({ unit: "binary", maxLength: 30 }),
);

export const target: FuzzTarget = {
  name: "work-report",
  promise:
    "row 139: a report of any text is none, or holds ids of one length, refs that git takes and paths that stay below",
  parsers: ["src/core/wire/work-report.ts"],
  input: fc.array(line, { maxLength: 8 }).map((lines) => bytesOf(["format sha1", ...lines].join("\n"))),
  runs: 10_000,
  check: (input) => {
    const found = readWorkReport(input.toString("latin1"));
    if (found === null) return false;
    const length = found.format === "sha1" ? 40 : 64;
    for (const one of [found.snapshot, found.work, found.head, ...found.refs.map((ref) => ref.id)])
      if (one !== null) assert.ok(/^[0-9a-f]+$/.test(one) && one.length === length);
    for (const ref of [...found.refs.map((it) => it.name), ...(found.branch === null ? [] : [found.branch])]) {
      assert.match(ref, /^refs\/[^\u0000-\u0020\u007f~^:?*[\\]+$/);
      assert.ok(!ref.includes("..") && !ref.includes("@{") && !ref.endsWith("/") && !ref.includes("/."));
    }
    for (const path of found.embedded) {
      assert.ok(!path.includes("\0"));
      assert.ok(path.split("/").every((part) => part !== "" && part !== "." && part !== ".."));
    }
    if (found.history !== null) assert.ok(Number.isSafeInteger(found.history.bytes));
    return true;
  },
};
