import assert from "node:assert/strict";
import { type TarEvent, TarReader } from "../../../src/core/wire/tar-reader.ts";
import { TAR_END, tarHeader, tarPadding } from "../../../src/core/wire/tar-writer.ts";
import { cutsOf, type FuzzTarget } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const LIMITS = { entries: 20, bytes: 10_000, pathBytes: 4096, depth: 16 };

/** Everything that the reader says, data put together. */
function said(pieces: readonly Buffer[]): { readonly events: readonly string[]; readonly problem: string | null } {
  const reader = new TarReader(LIMITS);
  const events: string[] = [];
  let data = "";
  let problem: string | null = null;
  const take = (event: TarEvent) => {
    if (event.type === "data") {
      data += Buffer.from(event.bytes).toString("latin1");
      return;
    }
    if (data !== "") events.push(`data ${data}`);
    data = "";
    if (event.type === "problem") problem = event.problem;
    else if (event.type === "entry") {
      const { path, kind } = event.entry;
      assert.ok(!path.startsWith("/") && !path.includes("\0") && !path.split("/").includes(".."), path);
      events.push(`${kind} ${path}`);
    } else events.push(event.type);
  };
  for (const piece of pieces) reader.push(piece).forEach(take);
  return { events, problem: problem ?? reader.end() };
}

const name = fc.oneof(
  fc.constantFrom("a", "a/b", "../x", "/etc/passwd", "a/../../b", "x".repeat(99), "é", ".", "a\0b"),
  fc.string({ maxLength: 8 }),
);
const archive = fc
  .array(fc.tuple(name, fc.constantFrom("file", "folder", "link"), fc.uint8Array({ maxLength: 30 })), { maxLength: 4 })
  .map((entries) => {
    const parts = entries.flatMap(([path, kind, bytes]) => {
      try {
        const header = tarHeader({
          path: path || "x",
          type: kind === "file" ? "file" : "folder",
          size: kind === "file" ? bytes.length : 0,
          mode: 0o644,
          mtime: 1,
        });
        return kind === "file" ? [header, bytes, tarPadding(bytes.length)] : [header];
      } catch {
        // A name that no header holds.
        return [];
      }
    });
    return Buffer.concat([...parts, TAR_END]);
  });

/** A changed byte, the checksum of its header mended so that it counts. */
const forged = fc
  .tuple(
    archive,
    fc.array(fc.tuple(fc.nat(6), fc.nat(511), fc.constantFrom(0, 0x2f, 0x2e, 0x31, 0x32, 0x35, 0x78, 0x80, 0xff)), {
      maxLength: 4,
    }),
  )
  .map(([bytes, changes]) => {
    const copy = Buffer.from(bytes);
    for (const [block, at, byte] of changes) {
      const start = (block * 512) % copy.length;
      copy[start + at] = byte;
      const head = copy.subarray(start, start + 512);
      if (head.toString("latin1", 257, 262) !== "ustar") continue;
      head.write("        ", 148, "latin1");
      const sum = head.reduce((total, value) => total + value, 0);
      head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    }
    return copy;
  });

export const target: FuzzTarget = {
  name: "tar",
  promise: "row 143: an archive says the same in any pieces, and no entry of it lies elsewhere than below",
  parsers: ["src/core/wire/tar-reader.ts", "src/core/wire/tar-head.ts", "src/core/wire/tar-writer.ts"],
  input: fc.oneof(forged, fc.uint8Array({ maxLength: 1500 })),
  runs: 2000,
  check: (input) => {
    const cuts = cutsOf(input);
    const pieces = [0, ...cuts].map((start, index) => input.subarray(start, cuts[index] ?? input.length));
    const whole = said([input]);
    assert.deepEqual(said(pieces), whole);
    return whole.problem === null && whole.events.length > 0;
  },
};
