import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap");

interface Holding {
  backend: string | null;
  kind: string;
  count: number;
  bytes: number;
}

const BACKEND = process.env.BOT_BOTTLE_BACKEND ?? "bubblewrap";
/** Not compressible, so that any file system takes as many blocks for it. */
const WORK = "head -c 3000000 /dev/urandom > big; ln -s / everything; mkfifo pipe";

test("doctor lists by backend what there is with its size, and follows nothing that an agent left", {
  skip,
}, async () => {
  using operator = newOperator();
  const start = (name: string, ...words: readonly string[]) =>
    operator.bottle(["start", "shell", "--backend", BACKEND, "--without-cgroup", "--name", name, ...words]);
  const held = async () => {
    const { stdout } = await operator.bottle(["doctor", "--format", "json"]);
    const { holdings } = JSON.parse(stdout) as { holdings: Holding[] };
    return (kind: string) => holdings.find((holding) => holding.kind === kind);
  };
  try {
    // Whatever a cache of ours links to is not in it.
    const none = await held();
    assert.deepEqual([none("exited"), none("running"), none("archive")], [undefined, undefined, undefined]);

    for (const name of ["one", "two"]) assert.equal((await start(name, "-p", WORK)).code, 0);
    assert.equal((await start("three", "-d", "-p", `${WORK}; exec sleep 600`)).code, 0);
    const cache = join(operator.home, ".cache/bot-bottle");
    mkdirSync(cache, { recursive: true });
    symlinkSync("/", join(cache, "elsewhere"));
    const some = await held();
    const ended = some("exited");
    assert.deepEqual([ended?.backend, ended?.count], [BACKEND, 2]);
    assert.ok(ended !== undefined && ended.bytes > 6_000_000 && ended.bytes < 9_000_000, `${ended?.bytes} bytes`);
    const running = some("running");
    assert.deepEqual([running?.backend, running?.count], [BACKEND, 1]);
    assert.ok(
      running !== undefined && running.bytes > 3_000_000 && running.bytes < 5_000_000,
      `${running?.bytes} bytes`,
    );

    assert.equal((await operator.bottle(["rm", "--discard", "one"])).code, 0);
    const { stdout } = await operator.bottle(["doctor"]);
    assert.match(stdout, new RegExp(`^${BACKEND} +1 +3\\.\\d MiB +ended bottles$`, "m"));
    assert.match(stdout, new RegExp(`^${BACKEND} +1 +[\\d.]+ (?:KiB|bytes) +archived bottles$`, "m"));
  } finally {
    await operator.bottle(["stop", "--grace", "1", "three"]);
    await operator.bottle(["rm", "--force", "--discard", "two", "three"]);
  }
});
