import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chownSync, lchownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ownershipWords } from "../../../src/backends/smolmachines/ownership-program.ts";
import { skipWithout } from "../../support/needs.ts";

const AGENT = 1000;

/** A machine's root whose files are all the agent's, with a volume in it. */
function packedRoot(context: { after(undo: () => void): void }) {
  const top = mkdtempSync(join(tmpdir(), "ownership-"));
  context.after(() => rmSync(top, { recursive: true, force: true }));
  const [root, volume] = [join(top, "root"), join(top, "volume with\nodd name")];
  for (const folder of [root, volume, join(root, "etc"), join(root, "home"), join(root, "home/agent")])
    mkdirSync(folder);
  for (const folder of ["usr", "lib", "lib64", "bin", "proc", "dev"]) mkdirSync(join(root, folder));
  const own = (path: string) => {
    lchownSync(path, AGENT, AGENT);
    return path;
  };
  const run = () => {
    const shown = ["/usr", "/lib", "/lib64", "/bin"].flatMap((path) => ["--ro-bind", path, path]);
    const words = ["--bind", root, "/", ...shown, "--proc", "/proc", "--dev", "/dev", "--bind", volume, "/home/agent"];
    const odd = ["--bind", volume, "/home/odd \\ name\n"];
    const started = performance.now();
    const ran = spawnSync("bwrap", [...words, ...odd, "--", ...ownershipWords()], { encoding: "utf8" });
    assert.deepEqual([ran.status, ran.stderr], [0, ""]);
    return performance.now() - started;
  };
  const ownerOf = (path: string) => {
    const { uid, gid } = lstatSync(path);
    return [uid, gid];
  };
  return { root, volume, own, run, ownerOf };
}

const skip = skipWithout("root", "bubblewrap", "perl");

test("all of an image that somebody else owns becomes root's; what is mounted there, and where links lead, does not", {
  skip,
}, (context) => {
  const { root, volume, own, run, ownerOf } = packedRoot(context);
  const file = (path: string, mode = 0o644) => {
    writeFileSync(path, "x", { mode });
    return own(path);
  };
  const mine = file(join(volume, "mine"));
  own(volume);
  const inImage = [
    file(join(root, "etc/shadow"), 0o600),
    file(join(root, "etc/with space\nand line")),
    file(join(root, "etc/su"), 0o4755),
    own(join(root, "etc")),
    own(root),
  ];
  symlinkSync("/home/agent/mine", join(root, "etc/link"));
  inImage.push(own(join(root, "etc/link")));
  const group = join(root, "etc/group");
  writeFileSync(group, "x", { mode: 0o664 });
  chownSync(group, 0, AGENT);
  inImage.push(group);
  run();
  for (const path of inImage) assert.deepEqual(ownerOf(path), [0, 0], path);
  assert.deepEqual(
    [ownerOf(mine), ownerOf(volume)],
    [
      [AGENT, AGENT],
      [AGENT, AGENT],
    ],
  );
  // What would have become root's program for everybody is none.
  assert.equal(lstatSync(join(root, "etc/su")).mode & 0o7000, 0);
  run();
  for (const path of inImage) assert.deepEqual(ownerOf(path), [0, 0], path);
});

test("an image of 50,000 files is root's again in seconds", { skip, timeout: 120_000 }, (context) => {
  const { root, own, run, ownerOf } = packedRoot(context);
  for (let folder = 0; folder < 500; folder += 1) {
    const path = join(root, "etc", String(folder));
    mkdirSync(path);
    for (let file = 0; file < 100; file += 1) {
      writeFileSync(join(path, String(file)), "");
      own(join(path, String(file)));
    }
    own(path);
  }
  const took = run();
  context.diagnostic(`${Math.round(took)} ms`);
  assert.ok(took < 20_000, `${took} ms`);
  assert.deepEqual(ownerOf(join(root, "etc/499/99")), [0, 0]);
});
