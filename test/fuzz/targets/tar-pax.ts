import assert from "node:assert/strict";
import { paxOverrides } from "../../../src/core/wire/tar-pax.ts";
import { bytesOf, type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const record = fc
  .tuple(
    fc.constantFrom("path", "linkpath", "size", "mtime", "comment", "GNU.sparse.map", "hdrcharset", "x"),
    fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  )
  .map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const length = rest.length + String(rest.length + 2).length;
    return `${length}${rest}`;
  });

export const target: FuzzTarget = {
  name: "tar-pax",
  promise: "row 143: a pax header is a run of whole records, and each value stands in it as it is read",
  parsers: ["src/core/wire/tar-pax.ts"],
  input: fc.oneof(
    fc.array(record, { maxLength: 4 }).map((records) => bytesOf(records.join(""))),
    wordsOf(["11 ", "9 ", "0", " path=", "a\n", "size=", "\n", "=", "30 mtime="], 8),
  ),
  runs: 10_000,
  check: (input) => {
    let taken = false;
    for (const global of [false, true]) {
      const reading = paxOverrides(input, global);
      if (!reading.ok) continue;
      taken ||= input.length > 0;
      // Read again by the lengths alone, without looking at keys.
      const text = input.toString("latin1");
      const values = new Map<string, string>();
      for (let at = 0; at < text.length; ) {
        const length = Number.parseInt(text.slice(at), 10);
        const whole = text.slice(at, at + length);
        const [, key = "", value = ""] = /^\d+ ([^=]+)=(.*)\n$/s.exec(whole) ?? [];
        assert.equal(whole.length, length);
        assert.notEqual(key, "");
        if (["path", "linkpath", "size", "mtime"].includes(key)) values.set(key, value);
        at += length;
      }
      const read = [...reading.values].map(([key, value]) => [key, Buffer.from(value).toString("latin1")]);
      assert.deepEqual(read, [...values]);
      if (global) assert.equal(values.size, 0);
    }
    return taken;
  },
};
