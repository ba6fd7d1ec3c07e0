import assert from "node:assert/strict";
import { test } from "node:test";
import { baseName, type CopyEnd, copyPlace, copyTarget, folderAbove } from "../../../src/core/plan/copy-target.ts";

test("a word is a path in a bottle, a path of this machine, or a stream", () => {
  for (const [word, place] of [
    ["-", { at: "stream" }],
    ["a-1:x/y", { at: "bottle", bottle: "a-1", path: "x/y" }],
    ["a-1:", { at: "bottle", bottle: "a-1", path: "." }],
    ["a-1:/x:y", { at: "bottle", bottle: "a-1", path: "/x:y" }],
    ["x/y", { at: "host", path: "x/y" }],
    ["./a:b", { at: "host", path: "./a:b" }],
    ["/a:b", { at: "host", path: "/a:b" }],
    [":x", { at: "host", path: ":x" }],
    ["Up:x", { at: "host", path: "Up:x" }],
  ] as const) {
    assert.deepEqual(copyPlace(word), place, word);
  }
});

test("the target of a copy is that of docker cp", () => {
  const cases: readonly [string, boolean, string, CopyEnd, string | { folder: string; name: string | null }][] = [
    // A file.
    ["d/f", false, "/t", "folder", { folder: "/t", name: "f" }],
    ["d/f", false, "/t/g", "nothing", { folder: "/t", name: "g" }],
    ["d/f", false, "/t/g", "other", { folder: "/t", name: "g" }],
    ["d/f", false, "g", "nothing", { folder: ".", name: "g" }],
    ["d/f", false, "/g", "nothing", { folder: "/", name: "g" }],
    ["d/f", false, "/t/g/", "nothing", "the folder /t/g/ does not exist"],
    ["d/f", false, "/t/g/", "other", "/t/g/ is not a folder"],
    ["d/f", false, "/n/g", "nowhere", "the folder above /n/g does not exist"],
    // A folder.
    ["d", true, "/t", "folder", { folder: "/t", name: "d" }],
    ["d/", true, "/t", "folder", { folder: "/t", name: "d" }],
    ["d/.", true, "/t", "folder", { folder: "/t", name: null }],
    [".", true, "/t", "folder", { folder: "/t", name: null }],
    ["/", true, "/t", "folder", { folder: "/t", name: null }],
    ["..", true, "/t", "folder", { folder: "/t", name: null }],
    ["d", true, "/t/new", "nothing", { folder: "/t", name: "new" }],
    ["d/.", true, "/t/new/", "nothing", { folder: "/t", name: "new" }],
    ["d", true, "/t/f", "other", "/t/f is not a folder"],
    ["d", true, "/t/..", "nothing", "/t/.. cannot be the name of a copy"],
  ];
  for (const [path, folder, to, end, expected] of cases) {
    const target = copyTarget({ path, folder }, to, end);
    const { ok: _, ...found } = target;
    assert.deepEqual(target.ok ? found : target.problem, expected, `${path} to ${to} (${end})`);
  }
});

test("the name and the folder of a path", () => {
  assert.deepEqual(["/a/b/", "a", "a/./", "/", ".", "a/.."].map(baseName), ["b", "a", "a", null, null, null]);
  assert.deepEqual(["/a/b", "a", "/a", "a/b/"].map(folderAbove), ["/a", ".", "/", "a"]);
});
