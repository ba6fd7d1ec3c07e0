import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { BottleError } from "../../../src/core/model/errors.ts";
import type { PlacedFile } from "../../../src/core/model/plan.ts";
import { Secret } from "../../../src/core/model/secret.ts";
import { readPlacedFiles } from "../../../src/session/placed-files.ts";

const VALUE = "zq8-0f7c1d2e3b4a5968-service";
const secrets = [new Secret("service", VALUE)];

function copy(context: TestContext, content: string | Buffer): { host: string; file: PlacedFile } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "placed-")));
  context.after(() => rmSync(folder, { recursive: true }));
  const host = join(folder, "file");
  writeFileSync(host, content);
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { host, file: { path: "/home/agent/x", mode: 0o755, source: { host, bytes: content.length, sha256 } } };
}

const refusal = (code: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof BottleError && error.code === code, String(error));
  assert.match(error.message, words);
  assert.ok(!`${error.message}${error.hint}`.includes(VALUE), "the error holds the value");
  return true;
};

test("texts of the plan and files of the host come with their bytes", async (context) => {
  const { file } = copy(context, Buffer.from([0, 255, 1]));
  const placed = await readPlacedFiles([{ path: "/home/agent/t", mode: 0o600, text: "ä" }, file], secrets);
  assert.deepEqual(
    placed.map(({ path, mode, content }) => [path, mode, Buffer.from(content).toString("hex")]),
    [
      ["/home/agent/t", 0o600, "c3a4"],
      ["/home/agent/x", 0o755, "00ff01"],
    ],
  );
});

test("what is copied is what the plan says: changed, longer, gone or exchanged for a link, it is refused", async (context) => {
  for (const change of [
    (host: string) => writeFileSync(host, "other"),
    (host: string) => writeFileSync(host, "plain and more"),
    (host: string) => rmSync(host),
    (host: string) => {
      writeFileSync(`${host}-2`, "plain");
      rmSync(host);
      symlinkSync(`${host}-2`, host);
    },
  ]) {
    const { host, file } = copy(context, "plain");
    change(host);
    await assert.rejects(readPlacedFiles([file], []), refusal("SOURCE_REFUSED", /file has changed since the plan/));
  }
});

test("row 155: the value of a declared credential in a skill stops the start, in every form, and the file is named", async (context) => {
  for (const text of [
    `use ${VALUE}`,
    Buffer.from(`user:${VALUE}`).toString("base64"),
    Buffer.from(VALUE).toString("hex"),
  ]) {
    const { host, file } = copy(context, text);
    await assert.rejects(
      readPlacedFiles([file], secrets),
      refusal("SECRET_EXPOSED", new RegExp(`service stands in ${host}`)),
    );
    assert.equal((await readPlacedFiles([file], [])).length, 1);
  }
});
