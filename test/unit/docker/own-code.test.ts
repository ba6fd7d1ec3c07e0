import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { importTarget, parsedFiles, repositoryFiles } from "../../../scripts/check/source.ts";
import { ownCode, ownVersion } from "../../../src/backends/docker/images/own-code.ts";

const root = join(import.meta.dirname, "../../..");
const files = ownCode("app");
const paths = new Set(files.map(({ path }) => path));

test("the sidecar's image holds every file and library that its entry reaches", () => {
  const sources = new Map(parsedFiles(repositoryFiles(root), "src/").map((file) => [file.path, file]));
  const entry = "src/sidecar/main.ts";
  assert.ok(sources.has(entry), "the sidecar has no entry");
  const todo = [entry];
  const seen = new Set(todo);
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    assert.ok(paths.has(`app/${path}`), `${path} is not in the image`);
    const file = sources.get(path);
    assert.ok(file !== undefined, path);
    for (const { specifier } of file.imports) {
      const target = importTarget(file, specifier);
      if (target === null) {
        if (specifier.startsWith("node:")) continue;
        const library = specifier
          .split("/")
          .slice(0, specifier.startsWith("@") ? 2 : 1)
          .join("/");
        assert.ok(paths.has(`app/node_modules/${library}/package.json`), `${path} needs ${library}`);
      } else if (!seen.has(target)) {
        seen.add(target);
        todo.push(target);
      }
    }
  }
});

test("nothing of the operator and nothing that only people read is in the sidecar's image", () => {
  for (const path of paths) assert.match(path, /^app\/(?:sidecar|package\.json|src\/.*\.ts|node_modules\/.*)$/);
  assert.ok(![...paths].some((path) => /\.d\.[cm]?ts$|\.map$|\/cli\/|\/agents\//.test(path)));
});

test("the launcher starts Node with the switches that the program is started with everywhere", () => {
  const launcher = files.find(({ path }) => path === "app/sidecar");
  assert.equal(launcher?.mode, 0o755);
  assert.ok(launcher?.content instanceof Uint8Array);
  const flags = (text: string) => text.match(/--(?:disable|no)-[a-z-]+/g);
  const script = readFileSync(join(root, "scripts/node"), "utf8");
  assert.deepEqual(
    flags(Buffer.from(launcher.content).toString()),
    flags(script.slice(script.indexOf('exec "$node"'))),
  );
});

test("the version of images is the package's", () => {
  assert.equal(ownVersion(), JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version);
});
