import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type EngineImage,
  entriesOf,
  isBuiltFrom,
  layersLeft,
  parseInspected,
} from "../../../src/backends/docker/images/inventory.ts";
import { REPOSITORY } from "../../../src/backends/docker/images/recipe.ts";
import { BottleError } from "../../../src/core/model/errors.ts";

const reference = "localhost/bot-bottle/claude:0123456789abcdef0123";
const labels = {
  "bot-bottle.image.owner": "bot-bottle",
  "bot-bottle.image.kind": "agent",
  "bot-bottle.image.reference": reference,
  "bot-bottle.image.inputs": "ab",
  "bot-bottle.image.base": "sha256:base",
  "bot-bottle.image.version": "1.2.3",
};
const image: EngineImage = {
  id: `sha256:${"1".repeat(64)}`,
  references: [reference],
  labels,
  createdAt: "2026-01-02T00:00:00Z",
  bytes: 5,
  layers: ["x", "y"],
};
const entries = (images: readonly EngineImage[], used: readonly string[] = []) =>
  entriesOf(images, new Set(used), REPOSITORY);

test("an image of ours is listed with its version, base and age, and whether it is current or used", () => {
  const current = { ...image, references: [reference, "localhost/bot-bottle/claude:latest"] };
  assert.deepEqual(entries([current], [image.id]), [
    {
      reference,
      name: "claude",
      id: image.id,
      version: "1.2.3",
      base: "sha256:base",
      createdAt: "2026-01-02T00:00:00Z",
      bytes: 5,
      current: true,
      used: true,
    },
  ]);
  assert.deepEqual(
    entries([image]).map(({ current: is, used }) => [is, used]),
    [[false, false]],
  );
});

test("an image that extends ours inherits the labels and is not ours", () => {
  assert.deepEqual(
    entries([
      { ...image, references: ["mine:latest"] },
      { ...image, references: [] },
    ]),
    [],
  );
});

test("a stranger's image under our name is not ours without our label, nor with the label of another one", () => {
  assert.deepEqual(entries([{ ...image, labels: {} }]), []);
  const other = "localhost/bot-bottle/claude:ffffffffffffffffffff";
  assert.deepEqual(entries([{ ...image, references: [other] }]), []);
});

test("images come newest first", () => {
  const tag = (digit: string) => `localhost/bot-bottle/claude:${digit.repeat(20)}`;
  const made = (digit: string, createdAt: string) => ({
    ...image,
    references: [tag(digit)],
    labels: { ...labels, "bot-bottle.image.reference": tag(digit) },
    createdAt,
  });
  const shown = entries([made("1", "2026-01-01T00:00:00Z"), made("2", "2026-01-03T00:00:00Z")]);
  assert.deepEqual(
    shown.map((entry) => entry.reference),
    [tag("2"), tag("1")],
  );
});

test("what an interrupted build left may go; finished images, extensions of ours and builds that may still run may not", () => {
  const begun = { "bot-bottle.image.owner": "bot-bottle" };
  const left = { ...image, references: [], labels: begun };
  // Between the engine's labels it can be interrupted, too.
  const labelled = { ...left, labels: { ...labels, "bot-bottle.image.version": undefined } as never };
  const after = Date.parse(image.createdAt) + 1;
  assert.deepEqual(layersLeft([left], after), [{ reference: image.id, kind: "layer", bytes: 5 }]);
  assert.equal(layersLeft([labelled], after).length, 1);
  assert.deepEqual(layersLeft([left], after - 1), []);
  assert.deepEqual(
    layersLeft(
      [
        { ...image, references: [] },
        { ...left, references: ["mine:1"] },
      ],
      after,
    ),
    [],
  );
});

test("a build counts only on the very base that its tag names, and from the recipe that was asked for", () => {
  const base = { ...image, layers: ["x"] };
  assert.equal(isBuiltFrom(image, base, "ab"), true);
  assert.equal(isBuiltFrom(image, base, "cd"), false);
  assert.equal(isBuiltFrom(image, { ...base, layers: ["z"] }, "ab"), false);
  assert.equal(isBuiltFrom({ ...image, layers: [] }, base, "ab"), false);
});

test("what an engine says of images is read strictly where we rely on it, and leniently elsewhere", () => {
  const said = { Id: image.id, RepoTags: null, Config: { Labels: null }, Size: "big" };
  assert.deepEqual(parseInspected(JSON.stringify([said])), [
    { id: image.id, references: [], labels: {}, createdAt: "", bytes: 0, layers: [] },
  ]);
  for (const bad of ["", "{}", "[{}]", '[{"Id":"1"}]', `[{"Id":"${image.id}0"}]`]) {
    assert.throws(
      () => parseInspected(bad),
      (error) => error instanceof BottleError && error.code === "HOST_UNFIT",
      bad,
    );
  }
});
