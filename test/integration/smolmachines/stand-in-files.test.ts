/** Volumes, copies and changes of machines in the FAKE smolvm, release by release. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { type Trial, trialOf } from "../../support/smolvm/trial.ts";

const skip = skipWithout("root", "bubblewrap", "perl");
const trials: Trial[] = [];
after(async () => {
  for (const trial of trials) await trial.dispose();
});

function trial(version: string): Trial {
  const made = trialOf(version);
  trials.push(made);
  return made;
}

/** A machine that runs, and a folder of the host. */
async function machine(
  version: string,
  ...args: readonly string[]
): Promise<{ readonly it: Trial; readonly folder: string }> {
  const it = trial(version);
  const folder = join(it.world.folder, "shared");
  mkdirSync(folder);
  assert.equal((await it.create("one", ...args.map((word) => word.replace("FOLDER", folder)))).code, 0);
  const { code, err } = await it.start("one");
  assert.equal(code, 0, err);
  return { it, folder };
}

test("a volume shows a folder of the host, with the ids that it has there", { skip }, async () => {
  const { it, folder } = await machine("0.8.0", "-v", "FOLDER:/run/bottle-signs", "-v", "FOLDER:/srv/read:ro");
  const { out } = await it.inside(
    "one",
    "echo a >/run/bottle-signs/file; chown 1000:7 /run/bottle-signs/file; cat /srv/read/file; echo b >/srv/read/file",
  );
  assert.equal(out, "a\n");
  const { uid, gid } = statSync(join(folder, "file"));
  assert.deepEqual([uid, gid, readFileSync(join(folder, "file"), "utf8")], [1000, 7, "a\n"]);
});

test("volumes that cannot be are refused at create; one target twice since 0.8.1", async () => {
  const it = trial("0.8.0");
  const { folder } = it.world;
  writeFileSync(join(folder, "file"), "");
  for (const volume of [
    "/etc:/srv",
    "/:/srv",
    "/var:/srv",
    "/nowhere:/srv",
    `${folder}/file:/srv`,
    `${folder}:srv`,
    `${folder}:/srv:xx`,
    folder,
  ]) {
    assert.equal((await it.create("one", "-v", volume)).code, 1, volume);
  }
  symlinkSync("/etc", join(folder, "link"));
  assert.equal((await it.create("one", "-v", `${folder}/link:/srv`)).code, 1);
  const twice = ["-v", `${folder}:/srv`, "-v", `${folder}:/srv`];
  assert.equal((await it.create("one", ...twice)).code, 0);
  assert.match((await trial("0.8.1").create("one", ...twice)).err, /duplicate mount target/);
});

test("names and sizes keep to the rules", async () => {
  const it = trial("0.8.0");
  for (const name of ["a.b", "a-", "a--b", "a b", "a/b", "_a", "a".repeat(129), "é"]) {
    assert.equal((await it.create(name)).code, 1, name);
  }
  assert.equal((await it.create("a".repeat(128))).code, 0);
  assert.equal((await it.create("a".repeat(128))).code, 1);
  assert.match((await it.call(["machine", "create"])).out, /^Created machine: vm-[0-9a-f]{8}\n/);
  assert.equal((await it.create("b", "--cpus", "256")).code, 2);
  for (const sizes of [
    ["--cpus", "0"],
    ["--mem", "63"],
    ["--storage", "0"],
    ["--overlay", "0"],
  ]) {
    assert.equal((await it.create("b", ...sizes)).code, 1);
  }
  assert.equal((await it.create("b", "-p", "0:80")).code, 2);
});

test("cp brings one regular file, which becomes root's, without its mode", { skip }, async () => {
  const { it } = await machine("0.8.0");
  const { folder } = it.world;
  writeFileSync(join(folder, "tool"), "content", { mode: 0o755 });
  symlinkSync(join(folder, "tool"), join(folder, "link"));
  const cp = (...words: readonly string[]) => it.call(["machine", "cp", ...words]);
  const { code, out } = await cp(join(folder, "link"), "one:/home/new/folder/tool");
  assert.deepEqual([code, out], [0, ""]);
  const seen = await it.inside("one", "stat -c '%u:%g %a %F' /home/new/folder/tool");
  assert.equal(seen.out, "0:0 644 regular file\n");
  assert.equal((await cp("one:/home/new/folder/tool", join(folder, "back"))).code, 0);
  assert.equal(readFileSync(join(folder, "back"), "utf8"), "content");
  const wrong = [
    [folder, "one:/home/a"],
    [join(folder, "tool"), join(folder, "b")],
    ["one:/a", "one:/b"],
    ["one:/home", join(folder, "c")],
    [join(folder, "none"), "one:/a"],
  ];
  for (const words of wrong) assert.equal((await cp(...words)).code, 1, words.join(" "));
  assert.equal((await cp("--mode", "755", join(folder, "tool"), "one:/home/a")).code, 2);
  // A path with a colon is taken for a machine's.
  writeFileSync(join(folder, "a:b"), "");
  assert.equal((await cp(join(folder, "a:b"), "one:/home/a")).code, 1);
  await it.call(["machine", "stop", "-n", "one"]);
  assert.match((await cp(join(folder, "tool"), "one:/home/a")).err, /is not running/);
});

test("cp leads nowhere out of the machine", { skip }, async () => {
  const { it, folder } = await machine("0.8.0");
  writeFileSync(join(folder, "secret"), "secret");
  assert.equal(
    (await it.inside("one", `ln -s ${folder} /home/out; ln -s ../../../../../../../../.. /home/up`)).code,
    0,
  );
  for (const path of ["/home/out/secret", `/home/up${folder}/secret`]) {
    assert.equal((await it.call(["machine", "cp", `one:${path}`, join(it.world.folder, "got")])).code, 1);
  }
  writeFileSync(join(it.world.folder, "new"), "new");
  assert.equal((await it.call(["machine", "cp", join(it.world.folder, "new"), "one:/home/out/secret"])).code, 0);
  assert.equal(readFileSync(join(folder, "secret"), "utf8"), "secret");
});

test("a copy goes past what is mounted inside until 1.7.3, a large one until 1.9.0; modes and owners come in 1.9.0", {
  skip,
}, async () => {
  const results: Record<string, string> = {};
  for (const version of ["1.7.0", "1.7.3", "1.9.0"]) {
    const { it } = await machine(version);
    const [small, large] = ["small", "large"].map((name) => join(it.world.folder, name)) as [string, string];
    writeFileSync(small, "small");
    writeFileSync(large, "");
    truncateSync(large, 2 ** 20 + 1);
    const given = version === "1.9.0" ? ["--mode", "4711", "--uid", "5", "--gid", "6"] : [];
    for (const file of [small, large]) {
      const { code, err } = await it.call([
        "machine",
        "cp",
        ...given,
        file,
        `one:/tmp/${file.endsWith("small") ? "small" : "large"}`,
      ]);
      assert.equal(code, 0, err);
    }
    results[version] = (await it.inside("one", "cd /tmp; stat -c '%n %u %g %a' *")).out;
    const back = join(it.world.folder, "back");
    const got = await it.call(["machine", "cp", "one:/tmp/small", back]);
    assert.deepEqual([got.code, readFileSync(back, "utf8")], [0, "small"]);
  }
  assert.deepEqual(results, {
    "1.7.0": "",
    "1.7.3": "small 0 0 644\n",
    "1.9.0": "large 5 6 4711\nsmall 5 6 4711\n",
  });
});

test("update changes what the next start sees, and refuses a malformed variable, which create drops", {
  skip,
}, async () => {
  const { it, folder } = await machine("1.9.3", "-e", "A=1", "-e", "=2", "-e", "novalue=", "-e", "B");
  const update = (...words: readonly string[]) => it.call(["machine", "update", "-n", "one", ...words]);
  assert.equal((await update("-e", "=2")).code, 1);
  assert.equal((await update("--net", "--no-net")).code, 2);
  assert.equal(
    (await update("--cpus", "2", "--mem", "512", "-v", `${folder}:/srv/new`, "-e", "A=3", "--remove-env", "novalue"))
      .code,
    0,
  );
  assert.equal((await it.inside("one", "[ -d /srv/new ]")).code, 1);
  await it.call(["machine", "stop", "-n", "one"]);
  await it.start("one");
  assert.equal((await it.inside("one", "[ -d /srv/new ] && echo $A $novalue")).out, "3\n");
  const { cpus, memory_mib, mounts } = await it.shown("one");
  assert.deepEqual([cpus, memory_mib, mounts], [2, 512, 1]);
  assert.equal((await update("--remove-volume", "/srv/new", "--allow-cidr", "203.0.113.0/24")).code, 2);
  assert.equal((await update("--remove-volume", `${folder}:/srv/new`)).code, 0);
  assert.equal((await it.shown("one")).mounts, 0);
});
