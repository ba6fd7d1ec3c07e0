import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { newSshKeyPair } from "../../../src/gitgate/minting/openssh-key.ts";
import { skipWithout } from "../../support/needs.ts";

test("a key that is minted is read by OpenSSH itself: its public half, its comment, and that it signs", {
  skip: skipWithout("ssh-keygen"),
}, () => {
  const folder = mkdtempSync(join(tmpdir(), "openssh-key-"));
  try {
    const run = (...args: string[]) => spawnSync("ssh-keygen", args, { cwd: folder, encoding: "utf8", input: "data" });
    // Comments of every length, so that the padding has every length, too.
    for (let length = 1; length <= 9; length += 1) {
      const comment = `c${"x".repeat(length)}`;
      const { publicLine, privateKey } = newSshKeyPair("git app", comment);
      const file = join(folder, `key${length}`);
      writeFileSync(file, privateKey.reveal(), { mode: 0o600 });
      const read = run("-y", "-P", "", "-f", file);
      assert.equal(read.stdout.trim(), publicLine, read.stderr);
      assert.doesNotMatch(inspect({ privateKey, publicLine }), /PRIVATE/);
    }
    const signed = run("-Y", "sign", "-n", "test", "-f", join(folder, "key1"));
    assert.match(signed.stdout, /BEGIN SSH SIGNATURE/, signed.stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("every bottle has a key of its own", () => {
  const keys = Array.from({ length: 5 }, () => newSshKeyPair("git app", "same").publicLine);
  assert.equal(new Set(keys).size, 5);
});
