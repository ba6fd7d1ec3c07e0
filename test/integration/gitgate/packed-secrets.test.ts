import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import { newObjects } from "../../../src/gitgate/new-objects.ts";
import { searchObjects } from "../../../src/gitgate/object-search.ts";
import { mirrorEnvironment } from "../../../src/gitgate/upstream-git.ts";
import { gitWith } from "../../../src/host/git.ts";
import { type Histories, openHistories } from "../../support/gitgate/histories.ts";
import { gateWorlds } from "../../support/gitgate/world.ts";
import { Dice } from "../../support/leaks/dice.ts";
import { githubToken } from "../../support/leaks/github-token.ts";
import { skipWithout } from "../../support/needs.ts";

const skip = skipWithout("git");
const open = gateWorlds();
const SECRET = `AKIA${"Q3EGRIPVTZ7WYXNB"}`;
const TEXT = Buffer.from(`one\nkey = ${SECRET}\n`);

let histories: Histories;

before(() => {
  histories = openHistories();
});
after(() => histories.close());

/** What the gate's search says of one new file. */
async function search(content: Buffer) {
  const blob = histories.git(content, "hash-object", "-w", "--stdin");
  return searchTree(`100644 blob ${blob}\tf\n`);
}

/** What it says of one new folder, as git-mktree(1) takes it. */
async function searchTree(entries: string) {
  const tree = histories.git(entries, "mktree", "--missing");
  const author = ["-c", "user.name=a", "-c", "user.email=a@a"];
  const tip = histories.git("", ...author, "commit-tree", tree, "-p", histories.base, "-m", "x");
  const env = mirrorEnvironment(histories.folder);
  const program = spawnSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).stdout.trim();
  const objects = await newObjects(gitWith(program, [], env), [{ ref: "refs/heads/x", from: "0".repeat(40), to: tip }]);
  return searchObjects({
    command: { argv: [program], env },
    objects,

    refs: [],
    search: { known: null, canaries: null, patterns: true },
    allowed: () => false,
    signal: new AbortController().signal,
  });
}

/** The part of a zip archive that is one member (APPNOTE.TXT 4.3.7), without the directory. */
function member(name: string, text: Buffer): Buffer {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(8, 8);
  head.writeUInt16LE(name.length, 26);
  return Buffer.concat([head, Buffer.from(name), deflateRawSync(text)]);
}

function directory(entries: number, at: number): Buffer {
  const central = Buffer.alloc(47);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(8, 10);
  central.writeUInt16LE(1, 28);
  central.write("f", 46);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...Array.from({ length: entries }, () => central), end]);
}

test("a packed file that only lenient readers can unpack hides nothing: cut off, broken, behind a script, without a directory", {
  skip,
}, async () => {
  const dice = new Dice(5);
  const gzip = gzipSync(TEXT);
  const badSum = Buffer.from(gzip);
  badSum.writeUInt32LE(0, badSum.length - 8);
  const long = gzipSync(Buffer.concat([TEXT, Buffer.from(dice.bytes(40_000).toString("base64"))]));
  const torn = Buffer.concat([long.subarray(0, 20_000), Buffer.alloc(20_000, 0xff)]);
  const zip = member("f", TEXT);
  const script = Buffer.from("#!/usr/bin/env python3\n");
  const whole = Buffer.concat([zip, directory(1, zip.length)]);
  const files = {
    "gzip, the end cut off": gzip.subarray(0, -9),
    "gzip, a wrong checksum": badSum,
    "gzip, broken in the middle": torn,
    "gzip, the second member": Buffer.concat([gzipSync("x\n"), gzip]),
    "gzip behind a script": Buffer.concat([script, gzip]),
    "zstd, with something behind it": Buffer.concat([zstdCompressSync(TEXT), Buffer.from("\0\0\0\0")]),
    "zip behind a script": Buffer.concat([script, whole]),
    "zip without a directory": zip,
    "zip that is cut off": zip.subarray(0, -2),
    "zip of more files than its directory is read for": Buffer.concat([zip, directory(12_000, zip.length)]),
  };
  const passed: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    const reading = await search(content);
    if (reading.ok && reading.findings.length === 0) passed.push(name);
  }
  assert.deepEqual(passed, []);
});

test("what only looks packed at many places is looked into, and passes", { skip }, async () => {
  const marks = ["\x1f\x8b\x08\0", "PK\x03\x04", "\x28\xb5\x2f\xfd"].map((mark) => Buffer.from(mark, "latin1"));
  const dice = new Dice(9);
  const noise = Array.from({ length: 300 }, (_, index) =>
    Buffer.concat([marks[index % 3] ?? Buffer.alloc(0), dice.bytes(200)]),
  );
  const reading = await search(Buffer.concat([Buffer.from("x"), ...noise]));
  assert.deepEqual(reading, { ok: true, findings: [], whole: true });
});

test("a secret as the commit of a submodule, or of two in a row, is found", { skip }, async () => {
  const long = Buffer.from(githubToken("submodules").padEnd(60, " "));
  const links = [0, 20, 40].map((at) => `160000 commit ${long.toString("hex", at, at + 20)}\tm${at}\n`);
  for (const entries of [`160000 commit ${Buffer.from(SECRET).toString("hex")}\tm\n`, links.join("")]) {
    const reading = await searchTree(entries);
    assert.ok(reading.ok && reading.findings.length > 0, entries);
  }
  const plain = await searchTree(`160000 commit ${histories.base}\tm\n`);
  assert.deepEqual(plain, { ok: true, findings: [], whole: true });
});

test("a secret as the name of a branch is refused, with commits that the server has and with new ones", {
  skip,
}, async () => {
  const known = "sw0rdfish-of-the-operator-77";
  const world = await open({ known: [{ name: "the password", value: known }] });
  const clone = await world.clone();
  await world.sure(clone, "push", "-q", "origin", "HEAD:refs/heads/bot/b/fine");
  for (const name of [known, SECRET, Buffer.from(known).toString("hex")]) {
    await world.sure(clone, "commit", "-q", "--allow-empty", "-m", "work");
    for (const commit of ["origin/main", "HEAD"]) {
      const { said } = await world.git(clone, "push", "origin", `${commit}:refs/heads/bot/b/${name}`);
      assert.match(said, /push refused \(secret-found\).*the name of a branch or tag holds/s);
    }
  }
  assert.equal(world.upstream("for-each-ref", "--format=%(refname)", "refs/heads/bot"), "refs/heads/bot/b/fine");
});
