import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BottleError } from "../../../src/core/model/errors.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { packagedNode } from "../../../src/host/packaged-node.ts";

const script = readFileSync(join(import.meta.dirname, "../../../scripts/node"), "utf8");
const version = /^version=(\S+)$/m.exec(script)?.[1] ?? "";

function world(t: { after: (undo: () => void) => void }) {
  const cache = mkdtempSync(join(tmpdir(), "node-"));
  t.after(() => rmSync(cache, { recursive: true }));
  return { cache, npm: null, facts: gatherFacts(), env: {}, say: () => {}, signal: undefined };
}

for (const arch of ["x64", "arm64"]) {
  test(`the Node of images is the very package that scripts/node installs (${arch}), and is used where that put it`, async (t) => {
    const context = world(t);
    const folder = join(context.cache, `node-${version}-linux-${arch}`, "bin");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "node"), "#!/bin/true\n", { mode: 0o755 });
    const { path, identity } = await packagedNode(arch, context);
    assert.equal(path, join(folder, "node"));
    const hex = new RegExp(`arch=${arch} sum=([0-9a-f]{128})`).exec(script)?.[1] ?? "";
    assert.equal(identity, `npm node-linux-${arch}@${version} sha512-${Buffer.from(hex, "hex").toString("base64")}`);
  });
}

test("without npm, or for an unknown machine, the error says what is missing", async (t) => {
  const context = world(t);
  for (const [arch, words] of [
    ["x64", /npm/],
    ["riscv64", /riscv64/],
  ] as const) {
    await assert.rejects(
      packagedNode(arch, context),
      (error) => error instanceof BottleError && error.code === "HOST_UNFIT" && words.test(error.message),
    );
  }
});
