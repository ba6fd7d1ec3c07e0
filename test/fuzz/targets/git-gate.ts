import assert from "node:assert/strict";
import { CatFileBatch } from "../../../src/core/wire/cat-file-batch.ts";
import { readGitRequest } from "../../../src/core/wire/git-request.ts";
import { packedPlaces } from "../../../src/core/wire/packed-places.ts";
import { readRefUpdates } from "../../../src/core/wire/ref-updates.ts";
import { readTree } from "../../../src/core/wire/tree-object.ts";
import { readZip } from "../../../src/core/wire/zip-directory.ts";
import { cutInWays, type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const ID = "0123456789abcdef0123456789abcdef01234567";
const URLS = "/git/ app /repo .git / info/refs ?service= git-upload-pack git-receive-pack .. - x %2f".split(" ");
const LINES = [ID, " ", "\n", "refs/heads/", "refs/tags/", "a", "..", "~", "\0", "é", "0".repeat(40)];
const BATCH = [`${ID} blob 3\nabc\n`, `${ID} tree 0\n\n`, `${ID} missing\n`, `${ID} blob 1\n`, "\n", "a", "blob", " "];
const ZIP = ["PK\x03\x04", "PK\x01\x02", "PK\x05\x06", "\0".repeat(22), "\0\0", "\x01\0", "\xff\xff", "x".repeat(30)];
const TREE = ["100644 a\0", "120000 b\0", "40000 c\0", ID.slice(0, 20), " ", "\0", "7"];

export const target: FuzzTarget = {
  name: "git-gate",
  promise:
    "what git hands to the gate is read in the same way however it is cut, and no request or ref leads out of its own repository",
  parsers: [
    "src/core/wire/git-request.ts",
    "src/core/wire/ref-updates.ts",
    "src/core/wire/cat-file-batch.ts",
    "src/core/wire/tree-object.ts",
    "src/core/wire/packed-places.ts",
    "src/core/wire/zip-directory.ts",
  ],
  input: fc.oneof(wordsOf(URLS, 12), wordsOf(LINES, 20), wordsOf(BATCH, 10), wordsOf(TREE, 12), wordsOf(ZIP, 16)),
  runs: 5000,
  check: (input) => {
    const text = input.toString("latin1");
    const request = ["GET", "POST"].map((method) => readGitRequest(method, text));
    for (const reading of request) {
      if (reading.kind === "refused") continue;
      assert.ok(text.startsWith("/git/"), text);
      const path = reading.kind === "other" ? reading.rest : reading.request.repository;
      assert.ok(!path.split("/").includes(".."), text);
    }
    const updates = readRefUpdates(text);
    for (const { ref, from, to } of updates ?? []) {
      assert.match(ref, /^refs\/[^\s~^:?*[\\]+$/);
      assert.match(`${from}${to}`, /^[0-9a-f]{80,128}$/);
    }
    const whole = cutInWays(input).map((pieces) => batchText(pieces));
    for (const other of whole) assert.equal(other, whole[0]);
    for (const { packed } of readZip(input, 100) ?? []) assert.ok(packed.length <= input.length);
    for (const { start } of packedPlaces(input, 100) ?? []) assert.ok(start < input.length);
    const entries = readTree(input, 20);
    const length = (entries ?? []).reduce((sum, { mode, name }) => sum + mode.length + name.length + 22, 0);
    if (entries !== null) assert.equal(length, input.length);
    return request.some(({ kind }) => kind !== "refused") || updates !== null || entries !== null || whole[0] !== "";
  },
};

/** What was read, pieces of one object joined. */
function batchText(pieces: readonly Buffer[]): string {
  const batch = new CatFileBatch();
  let text = "";
  for (const piece of pieces) {
    for (const event of batch.push(piece)) {
      if (event.kind === "data") text += Buffer.from(event.bytes).toString("latin1");
      else text += event.kind === "object" ? `<${event.id} ${event.bytes}>` : `<${event.kind}>`;
    }
  }
  return `${text}${batch.settled}`;
}
