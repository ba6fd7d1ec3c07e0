/** Where the machines of the FAKE smolvm get their files from: registries, packs and saved images. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { startProgram } from "../../../src/host/started-program.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";
import { type Damage, type ImageRegistry, imageRegistry } from "../../support/registries/images.ts";
import { savedImage } from "../../support/saved-image.ts";
import { NAMED } from "../../support/smolvm/flag.ts";
import { HOST_PROGRAMS } from "../../support/smolvm/guest.ts";
import { layerOf } from "../../support/smolvm/layer.ts";
import { type Trial, trialOf } from "../../support/smolvm/trial.ts";
import { atLeast } from "../../support/smolvm/version-order.ts";
import type { SmolvmOptions } from "../../support/smolvm.ts";

const skip = skipWithout("root", "bubblewrap", "perl", "python3");
const trials: Trial[] = [];
const registries: ImageRegistry[] = [];
after(async () => {
  for (const trial of trials) await trial.dispose();
  for (const registry of registries) await registry.close();
});

const LAYERS = [
  layerOf([
    { path: HOST_PROGRAMS, content: "" },
    { path: "srv/kept", content: "one", uid: 7, mode: 0o640 },
    { path: "srv/gone", content: "one" },
    { path: "srv/full", type: "folder", mode: 0o755 },
    { path: "srv/full/old", content: "one" },
    { path: "opt/tool", content: "#!/bin/sh\necho tool\n", mode: 0o4755, uid: 7 },
    { path: "srv/link", type: "link", target: "/opt" },
  ]),
  layerOf([
    { path: "srv/.wh.gone", content: "" },
    { path: "srv/full/.wh..wh..opq", content: "" },
    { path: "srv/full/new", content: "two" },
    { path: "srv/link/through", content: "two" },
  ]),
];

async function registry(config: Readonly<Record<string, unknown>> = {}, damage: Damage | null = null) {
  const made = await imageRegistry(LAYERS, config, damage);
  registries.push(made);
  return made;
}

function trial(version: string, options: SmolvmOptions = {}): Trial {
  const made = trialOf(version, {}, options);
  trials.push(made);
  return made;
}

/** A pack of the image above, made by the release itself. */
async function packed(version: string, options: SmolvmOptions = {}, config: Readonly<Record<string, unknown>> = {}) {
  const it = trial(version, options);
  const path = join(it.world.folder, "pack");
  const { reference, asked } = await registry(config);
  // What denies loopback to guests denies it to the one that pulls.
  const env = atLeast(version, "1.3.9") ? { SMOLVM_EGRESS_FLOOR: "off" } : {};
  const { code, err } = await it.call(["pack", "create", "-I", reference, "-o", path], { env });
  assert.equal(code, 0, err);
  return { it, path: `${path}.smolmachine`, stub: path, asked };
}

/** A root file system of a few programs with the files that they are linked with. */
const OWN_PROGRAMS = `set -e; mkdir -p "$0/usr/bin"; echo of its own >"$0/own"
for name in sh env sleep setsid cat ls wc id; do
  file=$(readlink -f "$(command -v "/usr/bin/$name" || command -v "/bin/$name")")
  cp "$file" "$0/usr/bin/$name"
  for part in $(ldd "$file" | grep -o '/[^ ]*'); do mkdir -p "$0\${part%/*}"; cp -L "$part" "$0$part"; done
done
ln -s usr/bin "$0/bin"`;

const LOOK = "cd /srv; stat -c '%n %u %a' kept full/* /opt/*; cat kept; ls; /opt/tool";

test("a pack is pulled by HTTP, and its machine sees the layers as one", { skip }, async () => {
  const { it, path, stub, asked } = await packed("0.8.0", { quirks: "-pack-owner,-pack-owner-root" }, { User: "7" });
  assert.ok(asked.includes("/v2/test/image/manifests/1"));
  assert.ok(statSync(stub).mode & 0o100);
  const made = await it.create("one", "--from", path);
  assert.match(made.out, /^Extracting .*\nCreated machine: one\n/);
  assert.equal((await it.start("one")).code, 0);
  const { out } = await it.inside("one", `${LOOK}; id -u`);
  const seen = [
    "kept 7 640",
    "full/new 0 644",
    "/opt/through 0 644",
    "/opt/tool 7 4755",
    "onefull",
    "kept",
    "link",
    "tool",
  ];
  assert.deepEqual(out.trim().split("\n"), [...seen, "0"]);
});

for (const [version, uid, kept] of [
  ["1.8.0", 1234, false],
  ["1.8.1", 1234, true],
  ["1.8.1", undefined, false],
] as const) {
  const who = uid === undefined ? "root" : `uid ${uid}`;
  test(`files of a pack ${kept ? "keep their owners" : "become the extractor's"} at ${version} under ${who}`, {
    skip,
  }, async () => {
    const { it, path } = await packed(version, uid === undefined ? {} : { extractor: uid });
    await it.create("one", "--from", path);
    await it.start("one");
    const owner = kept ? 7 : (uid ?? 0);
    const { out } = await it.inside(
      "one",
      "stat -c %u /srv/kept /opt/tool; stat -c %a /opt/tool; stat -c %u /etc/passwd",
    );
    assert.equal(out, `${owner}\n${owner}\n4755\n${kept ? 0 : owner}\n`);
  });
}

test("execs are root's in a machine from a pack, and the user's in one from a saved image", { skip }, async () => {
  const { it, path } = await packed("1.9.3", {}, { User: "1000" });
  const image = join(it.world.folder, "image-of-1000.tar");
  writeFileSync(image, savedImage({ config: { User: "1000" }, layers: [{ [HOST_PROGRAMS]: "" }] }));
  await it.create("pack", "--from", path);
  await it.create("saved", "--image", image);
  assert.equal((await it.start("pack")).code + (await it.start("saved")).code, 0);
  assert.equal((await it.inside("pack", "id -u")).out, "0\n");
  assert.equal((await it.inside("saved", "id -u")).out, "1000\n");
});

test("a machine's pack is read again at each start until 1.0.0", { skip }, async () => {
  for (const [version, code] of [
    ["0.8.1", 1],
    ["1.0.0", 0],
  ] as const) {
    const { it, path } = await packed(version);
    await it.create("one", "--from", path);
    renameSync(path, `${path}.away`);
    assert.equal((await it.start("one")).code, code, version);
    renameSync(`${path}.away`, path);
    assert.equal((await it.start("one")).code, 0);
  }
});

test("who packs and is killed leaves files that no machine is made from", { skip }, async () => {
  const it = trial("0.8.0");
  const held = await registry();
  held.hold();
  const path = join(it.world.folder, "pack");
  const client = startProgram(it.world.program, ["pack", "create", "-I", held.reference, "-o", path], {
    env: {},
    cwd: "/",
    stdio: ["ignore", "ignore", "ignore"],
    detached: true,
  });
  const ended = new Promise((resolve) => client.once("close", resolve));
  await eventually("it pulls", () => held.asked.some((one) => one.includes("/blobs/")));
  process.kill(-(client.pid ?? 0), "SIGKILL");
  await ended;
  assert.ok(existsSync(path) && existsSync(`${path}.smolmachine`));
  const made = await it.create("one", "--from", `${path}.smolmachine`);
  assert.deepEqual([made.code, /is damaged/.test(made.err)], [1, true]);
  assert.equal((await it.call(["machine", "ls", "--json"])).out, "[]\n");
  held.release();
  assert.equal((await it.call(["pack", "create", "-I", held.reference, "-o", path])).code, 0);
  assert.equal((await it.create("one", "--from", path)).code, 0);
});

test("a pack that was cut or changed makes no machine", { skip }, async () => {
  const { it, path } = await packed("0.8.0");
  const whole = readFileSync(path);
  const changed = Buffer.from(whole);
  changed[1024] = (changed[1024] ?? 0) ^ 0xff;
  writeFileSync(path, changed);
  assert.equal((await it.create("one", "--from", path)).code, 1);
  writeFileSync(path, whole);
  truncateSync(path, whole.length - 2048);
  assert.equal((await it.create("one", "--from", path)).code, 1);
  writeFileSync(path, whole);
  assert.equal((await it.create("one", "--from", path)).code, 0);
});

for (const damage of ["layer", "manifest", "media-type", "diff", "size"] as const) {
  test(`what a registry sends is verified: ${damage}`, { skip }, async () => {
    const it = trial("0.8.0");
    const { reference } = await registry({}, damage);
    const path = join(it.world.folder, "pack");
    const { code, err } = await it.call(["pack", "create", "-I", reference, "-o", path]);
    assert.deepEqual([code, /^Error: agent operation failed: pull: /.test(err)], [1, true]);
    assert.deepEqual(readdirSync(join(it.world.folder, "home/.cache/smolvm-pack")), []);
  });
}

test("nothing but a registry on loopback is asked, and no proxy", async () => {
  const it = trial("1.9.3");
  const env = { SMOLVM_EGRESS_FLOOR: "off" };
  const { reference, asked } = await registry();
  for (const image of [
    "registry.test/a:1",
    "10.0.0.1:5000/a:1",
    "./image.tar",
    "debian",
    `${reference.replace("127.0.0.1", "localhost.test")}`,
  ]) {
    const { code, err } = await it.call(["pack", "create", "-I", image, "-o", join(it.world.folder, "pack")], { env });
    assert.deepEqual([code, /no registry serves|could not parse/.test(err)], [1, true], image);
  }
  const words = ["pack", "create", "-I", reference, "-o", join(it.world.folder, "pack")];
  assert.match((await it.call(words, { env: { ...env, HTTP_PROXY: "http://127.0.0.1:1" } })).err, /no proxy is dialed/);
  // The guest that pulls has the floor of all guests.
  assert.match((await it.call(words)).err, /floor denies loopback/);
  assert.deepEqual(asked, []);
});

test("--image takes a saved image since 1.1.0, and a name in a registry before", { skip }, async () => {
  const old = trial("1.0.2");
  assert.equal((await old.create("one", "--net", "--image", old.world.image)).code, 0);
  assert.match((await old.start("one")).err, /^Error: agent operation failed: pull: /m);
  const now = trial("1.1.0");
  const image = join(now.world.folder, "two.tar");
  writeFileSync(
    image,
    savedImage({ config: { Env: ["A=b"] }, layers: [{ [HOST_PROGRAMS]: "" }, { "srv/real": "file" }] }),
  );
  assert.equal((await now.create("one", "--image", image)).code, 0);
  assert.equal((await now.start("one")).code, 0);
  const { out } = await now.inside("one", "cat /srv/real; stat -c ' %u %a' /srv/real; echo $A");
  assert.equal(out, "file 0 644\nb\n");
});

test("an image in a registry is pulled by the guest when it starts first; since 1.7.3 create wants a network for that", {
  skip,
}, async () => {
  const { reference, asked } = await registry();
  const old = trial("1.2.5");
  assert.equal((await old.create("off", "--image", reference)).code, 0);
  assert.match((await old.start("off")).err, /network is unreachable/);
  assert.deepEqual(asked, []);
  assert.equal((await old.create("on", "--net", "--image", reference)).code, 0);
  assert.equal((await old.start("on")).code, 0);
  assert.equal((await old.inside("on", "cat /srv/kept")).out, "one");
  const now = trial("1.7.3");
  assert.equal((await now.create("off", "--image", reference)).code, 1);
});

test("two machines are made from one pack at once", { skip }, async () => {
  const { it, path } = await packed("0.8.0");
  const names = ["a", "b", "c"];
  const made = await Promise.all(names.map((name) => it.create(name, "--from", path)));
  assert.deepEqual(
    made.map(({ code }) => code),
    [0, 0, 0],
  );
  assert.equal(readdirSync(join(it.world.folder, "home/.cache/smolvm-pack")).length, 1);
  for (const name of names) {
    assert.equal((await it.start(name)).code, 0);
    assert.equal((await it.inside(name, "cat /srv/kept")).out, "one");
  }
});

test("an image with programs of its own runs by them, and sees none of the host's", { skip }, async () => {
  const it = trial("1.9.3");
  const folder = join(it.world.folder, "tree");
  assert.equal(spawnSync("/bin/sh", ["-c", OWN_PROGRAMS, folder]).status, 0);
  assert.equal((await it.create("one", "--image", folder)).code, 0);
  const { code, err } = await it.start("one");
  assert.equal(code, 0, err);
  assert.equal((await it.inside("one", "cat /own; ls /usr/bin | wc -l; id -u")).out, "of its own\n8\n0\n");
});

test("--from takes no --image beside it; an empty image passes at 0.8.0 only", async () => {
  const it = trial("0.8.0");
  const both = await it.create("one", "--from", "/pack", "--image", "a");
  assert.equal(both.code, 2);
  assert.match(both.err, /^error: the argument '--image <IMAGE>' cannot be used with/);
  assert.equal((await it.create("one", "--image", "")).code, 0);
  assert.equal((await trial("0.8.1").create("one", "--image", "")).code, 2);
  assert.equal((await trial(NAMED).create("one", "--from", "/nothing")).code, 1);
});
