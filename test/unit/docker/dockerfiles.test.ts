import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { OWNER, OWNER_LABEL, pinnedBase } from "../../../src/backends/docker/images/recipe.ts";
import { IMAGE_NAMES } from "../../../src/session/images.ts";

const root = join(import.meta.dirname, "../../..");
const files = globSync("images/*/Dockerfile", { cwd: root })
  .sort()
  .map((path) => ({ name: basename(dirname(path)), text: readFileSync(join(root, path), "utf8") }));

/** Instructions of a Dockerfile with their arguments; continued lines are one. */
const instructionsOf = (text: string): readonly (readonly [string, string])[] =>
  text
    .replaceAll(/^\s*#.*\n/gm, "")
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => [/^\w+/.exec(line)?.[0] ?? "", line.replace(/^\w+\s*/, "")]);

test("every image that can be ordered has a Dockerfile, and every Dockerfile can be ordered", () => {
  assert.deepEqual(
    files.map(({ name }) => name),
    [...IMAGE_NAMES].sort(),
  );
});

for (const { name, text } of files) {
  const instructions = instructionsOf(text);
  const all = (word: string) => instructions.filter(([instruction]) => instruction === word).map(([, rest]) => rest);

  test(`${name}: the base is pinned by digest, and the same for all images`, () => {
    const base = pinnedBase(text) ?? "";
    assert.match(base, /^docker\.io\/library\/debian:bookworm-slim@sha256:[0-9a-f]{64}$/);
    assert.equal(base, pinnedBase(files[0]?.text ?? ""));
    assert.deepEqual(all("FROM"), ["${BASE}"]);
  });

  test(`${name}: the first layer says whose it is, so that an interrupted build can be told from others`, () => {
    assert.deepEqual(instructions[2], ["LABEL", `${OWNER_LABEL}="${OWNER}"`]);
    assert.equal(all("LABEL").length, 1);
  });

  test(`${name}: it runs as an ordinary user`, () => {
    assert.match(all("USER").at(-1) ?? "", name === "sidecar" ? /^\d{5}:\d{5}$/ : /^agent$/);
  });

  test(`${name}: no secret, no writable place and no program of its own in front of a command`, () => {
    // What a build argument or variable holds stays in the image's history.
    assert.deepEqual(all("ARG"), [`BASE=${pinnedBase(text)}`]);
    for (const word of ["ENV", "VOLUME", "ENTRYPOINT", "ADD", "EXPOSE", "ONBUILD", "HEALTHCHECK", "STOPSIGNAL"]) {
      assert.deepEqual(all(word), [], word);
    }
    assert.doesNotMatch(text, /\b(?:curl|wget)\b[^\n]*\||--mount=type=secret|https?:/);
  });
}
