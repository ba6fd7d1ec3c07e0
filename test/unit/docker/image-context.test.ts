import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { contextTar } from "../../../src/backends/docker/images/context-tar.ts";
import type { ContextFile } from "../../../src/backends/docker/images/recipe.ts";
import { lineReader } from "../../../src/backends/docker/images/talk.ts";

const contextOf = (program: string) => contextTar(filesWith(program), "FROM scratch\n");

function filesWith(path: string): readonly ContextFile[] {
  return [
    { path: "program/claude", mode: 0o755, content: { path, identity: "x" } },
    { path: LONG, mode: 0o644, content: Buffer.from("long") },
  ];
}

/** Longer than a tar's own field. */
const LONG = `app/${"folder/".repeat(20)}file.ts`;

test("a build context is a tar with Dockerfile, text and program, and has the same bytes each time", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "context-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, "program-of-the-host");
  writeFileSync(program, Buffer.alloc(200_001, "p"));
  const bytes = await buffer(contextOf(program));
  assert.ok(bytes.equals(await buffer(contextOf(program))));

  const out = join(folder, "out");
  const unpacked = spawnSync("sh", ["-c", 'mkdir "$1" && tar -xpf - -C "$1"', "sh", out], { input: bytes });
  assert.equal(unpacked.status, 0, unpacked.stderr.toString());
  assert.equal(readFileSync(join(out, "Dockerfile"), "utf8"), "FROM scratch\n");
  assert.equal(readFileSync(join(out, LONG), "utf8"), "long");
  assert.ok(readFileSync(join(out, "program/claude")).equals(readFileSync(program)));
  assert.equal(statSync(join(out, "program/claude")).mode & 0o777, 0o755);
});

test("a context that ends too early has no Dockerfile, so that no image comes of it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "context-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, "program");
  writeFileSync(program, "p");
  const bytes = await buffer(contextOf(program));
  const { stdout } = spawnSync("tar", ["-tf", "-"], { input: bytes, encoding: "utf8" });
  assert.equal(stdout.trim().split("\n").at(-1), "Dockerfile");
});

test("a program that is gone or changes while it is sent is an error, never a shorter context", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "context-"));
  t.after(() => rmSync(folder, { recursive: true }));
  await assert.rejects(buffer(contextOf(join(folder, "gone"))), /ENOENT/);

  const program = join(folder, "program");
  writeFileSync(program, Buffer.alloc(1 << 20));
  const stream = contextOf(program);
  const seen = (async () => {
    for await (const chunk of stream) if (chunk.length > 4096) truncateSync(program, 4096);
  })();
  await assert.rejects(seen, /changed while it was read/);
});

function linesOf(...chunks: readonly (string | Buffer)[]): { said: string[]; last: string } {
  const said: string[] = [];
  const reader = lineReader((line) => said.push(line));
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  reader.end();
  return { said, last: reader.last() };
}

test("what an engine prints comes line by line, however it is cut", () => {
  const umlaut = Buffer.from("ü");
  assert.deepEqual(linesOf("a\nb", "c\n\n", umlaut.subarray(0, 1), umlaut.subarray(1)), {
    said: ["a", "bc", "ü"],
    last: "ü",
  });
  assert.deepEqual(linesOf("1%\r50%\r100%\r\n").said, ["100%"]);
  assert.deepEqual(linesOf(), { said: [], last: "it said nothing" });
});

test("a line without an end is not kept in memory", () => {
  const { said } = linesOf(...Array.from({ length: 10 }, () => "x".repeat(3000)));
  assert.ok(said.length >= 4 && said.every((line) => line.length <= 6000 + 4096));
  assert.equal(said.join("").length, 30_000);
});
