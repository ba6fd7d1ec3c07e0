import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTreeChanges } from "../../../src/core/wire/tree-changes.ts";
import { pathBytes, pathText } from "../../../src/core/work/raw-path.ts";
import fc from "../../support/properties.ts";

const ID = fc.stringMatching(/^[0-9a-f]{40}$/);
const MODE = fc.constantFrom("100644", "100755", "120000", "160000");
const PATH = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .map((bytes) => Buffer.from(bytes.map((byte) => byte || 1)).toString("latin1"));
const PLAIN = { noNullPrototype: true };
const ENTRY = fc.option(fc.record({ mode: MODE, id: ID }, PLAIN));
const CHANGE = fc.record({ path: PATH, before: ENTRY, after: ENTRY }, PLAIN);

test("every list that git can print is read back as it was, whatever bytes the names have", () => {
  fc.assert(
    fc.property(fc.array(CHANGE), ID, (changes, commit) => {
      const none = { mode: "000000", id: "0".repeat(40) };
      const lines = changes.map(({ path, before, after }) => {
        const [old, now] = [before ?? none, after ?? none];
        return `:${old.mode} ${now.mode} ${old.id} ${now.id} M\0${path}\0`;
      });
      assert.deepEqual(parseTreeChanges(Buffer.from(`${commit}\0${lines.join("")}`, "latin1")), changes);
    }),
  );
});

test("anything else is an error of ours and never a part of a list", () => {
  for (const text of [
    ":100644 100644 1 2 M\0x\0",
    ":100644",
    `:100644 100644 ${"1".repeat(40)} ${"2".repeat(40)} M\0`,
    `:100644 100644 ${"1".repeat(40)} ${"2".repeat(40)} M\0x`,
  ]) {
    assert.throws(() => parseTreeChanges(Buffer.from(text)), { code: "WORK_UNREADABLE" });
  }
});

test("a path keeps its bytes", () => {
  fc.assert(fc.property(PATH, (path) => assert.equal(pathBytes(path).toString("latin1"), path)));
  assert.equal(pathText(Buffer.from("日本").toString("latin1")), "日本");
});
