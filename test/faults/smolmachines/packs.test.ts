import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadBackend } from "../../../src/backends/builtins.ts";
import { packOf } from "../../../src/backends/smolmachines/image/packs.ts";
import { readSavedImage } from "../../../src/backends/smolmachines/image/saved-image.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";
import { type PackWorld, packWorld } from "../../support/pack-world.ts";

const backend = await loadBackend("smolmachines");
const CHILD = join(import.meta.dirname, "packing-child.ts");
const PRELOAD = fileURLToPath(new URL("../../support/failing-effects.ts", import.meta.url));
const PARTS = { config: { User: "agent" }, layers: [{ "etc/one": "1" }, { "etc/two": "2" }, { "etc/three": "3" }] };

const wordsOf = (world: PackWorld) => ["--no-warnings", CHILD, world.smolvm().program, world.image];
const envOf = (world: PackWorld) => ({ XDG_CACHE_HOME: world.cache, PACK_MAKER_LOG: join(world.folder, "log") });

function packed(world: PackWorld, env: Readonly<Record<string, string>> = {}) {
  const ran = spawnSync(process.execPath, wordsOf(world), {
    encoding: "utf8",
    timeout: 60_000,
    env: { ...envOf(world), ...env },
  });
  return { code: ran.status, path: ran.stdout, words: ran.stderr };
}

/** No maker of packs in this world runs any more: one whose caller was killed ends by itself, as its registry is gone. */
async function quiet(world: PackWorld): Promise<void> {
  const left = () =>
    globSync("/proc/[0-9]*/cmdline").some((file) => {
      try {
        return readFileSync(file, "latin1").includes(`${world.folder}/cache`);
      } catch {
        return false;
      }
    });
  await eventually("the maker of packs has ended", () => !left());
}

/** The next one makes the pack, or takes a whole one, and nothing of the interrupted one is left. */
async function assertMended(world: PackWorld, good: Buffer, told: string): Promise<void> {
  await quiet(world);
  const path = await packOf(await readSavedImage(world.image, process.arch), [1, 0, 2], world.smolvm());
  assert.ok(readFileSync(path).equals(good), told);
  assert.equal(world.shelf("packs").length, 1, told);
  rmSync(join(world.cache, "bot-bottle"), { recursive: true });
}

/** `bottle prune` finds what a killed start left, and nothing of one that lives. */
async function assertPruned(world: PackWorld): Promise<void> {
  await quiet(world);
  const facts = gatherFacts();
  const drafts = async () => (await backend.survey(facts, new Set())).filter(({ kind }) => kind === "unfinished image");
  const [draft, ...others] = await drafts();
  assert.ok(draft?.id.startsWith("packs/draft-") === true && others.length === 0);
  for (const id of ["packs/../../x", "../packs", "packs", "packs/draft-1", `${draft.id}/..`]) {
    await backend.remove({ ...draft, id }, facts);
  }
  assert.equal(world.shelf("packs").length, 1);
  await backend.remove(draft, facts);
  assert.deepEqual([world.shelf("packs"), await drafts()], [[], []]);
}

for (const mode of ["full", "kill", "killed-after"]) {
  test(`whatever it does to the disk goes wrong (${mode}): no pack looks whole that is not, and the next start is right`, {
    timeout: 240_000,
  }, async () => {
    using world = packWorld(PARTS);
    const first = packed(world);
    assert.equal(first.code, 0, first.words);
    const good = readFileSync(first.path);
    rmSync(join(world.cache, "bot-bottle"), { recursive: true });
    const seen = join(world.folder, "seen");
    const effects: string[] = [];
    for (let nth = 1; ; nth += 1) {
      writeFileSync(seen, "");
      const env = {
        NODE_OPTIONS: `--import=${PRELOAD}`,
        BOT_BOTTLE_TEST_EFFECT: `${nth} ${mode}`,
        BOT_BOTTLE_TEST_EFFECT_SEEN: seen,
      };
      const { code, words } = packed(world, env);
      const effect = readFileSync(seen, "utf8").split(" ")[0] ?? "";
      const told = `effect ${nth} (${effect}), ${mode}`;
      if (effect === "") {
        assert.equal(code, 0, words);
        break;
      }
      effects.push(effect);
      // A mend of what was made whole may fail without harm.
      if (mode === "full" && code !== 0) assert.match(words, /^(?:STATE_UNUSABLE|HOST_UNFIT) /, told);
      if (mode !== "full") assert.equal(code, null, told);
      await assertMended(world, good, told);
    }
    for (const one of ["mkdir", "spawn", "writeFile", "rename", "rm"]) assert.ok(effects.includes(one), one);
  });
}

test("killed at any time while it packs: the next start is right", { timeout: 240_000 }, async () => {
  using world = packWorld(PARTS);
  const first = packed(world);
  const good = readFileSync(first.path);
  rmSync(join(world.cache, "bot-bottle"), { recursive: true });
  for (let round = 0; round < 8; round += 1) {
    const calls = world.calls();
    const child = spawn(process.execPath, wordsOf(world), { stdio: "ignore", env: envOf(world) });
    const closed = new Promise((resolve) => child.once("close", resolve));
    await eventually("it packs", () => world.calls() > calls);
    // From here on at another moment each time.
    for (const until = performance.now() + round * 18; performance.now() < until; );
    child.kill("SIGKILL");
    await closed;
    if (round === 0) await assertPruned(world);
    await assertMended(world, good, `round ${round}`);
  }
});

test("a disk that is full while the pack is written leaves nothing that looks whole", {
  skip: skipWithout("bubblewrap"),
}, () => {
  using world = packWorld({ ...PARTS, layers: [{ much: "x".repeat(300_000) }] });
  mkdirSync(join(world.cache, "bot-bottle"));
  // The small disk is seen by the child alone and goes with it.
  const small = ["--dev-bind", "/", "/", "--size", String(400 * 1024), "--tmpfs", world.cache, "--die-with-parent"];
  const script = '"$@"; echo " $?"; find "$0" -type f | wc -l';
  const words = ["/bin/sh", "-c", script, world.cache, process.execPath, ...wordsOf(world)];
  const ran = spawnSync("bwrap", [...small, ...words], { encoding: "utf8", timeout: 60_000, env: envOf(world) });
  assert.match(ran.stderr, /^CREATE_FAILED smolvm pack create: .*ENOSPC/);
  assert.equal(ran.stdout, " 1\n0\n");
});
