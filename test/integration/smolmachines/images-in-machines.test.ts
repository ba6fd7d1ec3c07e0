/** From what the operator names to a machine that runs, over the FAKE smolvm. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { after, test } from "node:test";
import { IDLE } from "../../../src/backends/smolmachines/image/layout.ts";
import { findImage, machineSource } from "../../../src/backends/smolmachines/image.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import { ownershipWords } from "../../../src/backends/smolmachines/ownership-program.ts";
import { readRelease } from "../../../src/backends/smolmachines/versions.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";
import { archiveOf, digestOf } from "../../support/saved-image.ts";
import { HOST_PROGRAMS } from "../../support/smolvm/guest.ts";
import { layerOf } from "../../support/smolvm/layer.ts";
import { type Trial, trialOf } from "../../support/smolvm/trial.ts";

const skip = skipWithout("root", "bubblewrap", "perl", "python3");
const AGENT = 1000;
const trials: Trial[] = [];
const cache = process.env.XDG_CACHE_HOME;
after(() => {
  for (const trial of trials) trial.dispose();
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
});

const LAYERS = [
  layerOf([
    { path: HOST_PROGRAMS, content: "" },
    { path: "srv/tool", content: "#!/bin/sh\necho tool\n", mode: 0o4755 },
    { path: "srv/gone", content: "one" },
    { path: "srv/secret", content: "one", mode: 0o600 },
  ]),
  layerOf([
    { path: "srv/.wh.gone", content: "" },
    { path: "srv/link", type: "link", target: "/home/agent/mine" },
  ]),
];

/** A saved image of these layers, which begins as the agent and would end at once. */
function savedImage(): Buffer {
  const config = { User: String(AGENT), Entrypoint: ["/bin/false"], Volumes: { "/data": {} }, Env: ["A=b"] };
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const rootfs = { type: "layers", diff_ids: LAYERS.map(digestOf) };
  const bytes = Buffer.from(JSON.stringify({ architecture, os: "linux", config, rootfs }));
  const names = LAYERS.map((_, index) => `layer${index}.tar`);
  return archiveOf([
    ...LAYERS.map((layer, index) => [names[index] ?? "", layer] as const),
    ["config.json", bytes],
    ["manifest.json", Buffer.from(JSON.stringify([{ Config: "config.json", RepoTags: null, Layers: names }]))],
  ]);
}

async function running(version: string) {
  const it = trialOf(version, {}, { extractor: AGENT });
  trials.push(it);
  process.env.XDG_CACHE_HOME = join(it.world.folder, "cache");
  const path = join(it.world.folder, "agent.tar");
  writeFileSync(path, savedImage());
  const release = readRelease(`smolvm ${version}`);
  assert.ok(release !== null);
  const smolvm = { program: it.world.program, env: { PATH: "/usr/bin:/bin" } };
  const { words } = await machineSource(mannerOf(release), release, smolvm, await findImage(path));
  const created = await it.create("one", ...words);
  assert.equal(created.code, 0, created.err);
  const started = await it.start("one");
  assert.equal(started.code, 0, started.err);
  return { it, words };
}

for (const version of ["0.8.0", "1.0.2", "1.1.0", "1.6.4", "1.9.3"]) {
  test(`at ${version} a machine is made of an agent's image, without a network, and its commands are root's`, {
    skip,
  }, async () => {
    const { it, words } = await running(version);
    assert.equal(words[0], version.startsWith("1.0") || version.startsWith("0") ? "--from" : "--image");
    const { out, err } = await it.inside(
      "one",
      "id -u; /srv/tool; ls /srv; readlink /srv/link; sed -n 's/^ *\\([a-z0-9]*\\):.*/\\1/p' /proc/net/dev",
    );
    assert.equal(out, "0\ntool\nlink\nsecret\ntool\n/home/agent/mine\nlo\n", err);
    assert.equal((await it.shown("one")).network, false);
    await it.remove("one");
  });
}

test("files of a pack that were all the agent's are root's again", {
  skip,
}, async () => {
  const { it } = await running("1.0.2");
  const look = "stat -c '%U %G %a' /srv /srv/tool /srv/link /srv/secret /etc/passwd";
  const before = (await it.inside("one", look)).out;
  assert.match(before, /^(?:UNKNOWN UNKNOWN \d+\n)+$/);
  const [program = "", flag = "", text = ""] = ownershipWords();
  const ran = await it.call(["machine", "exec", "--name", "one", "--", program, flag, text]);
  assert.deepEqual([ran.code, ran.err], [0, ""]);
  const owners = (await it.inside("one", look)).out;
  assert.match(owners, /^(?:root root \d+\n){5}$/);
  assert.match(owners, /root root 755\n/);
  await it.remove("one");
});

test("what the machine's disk holds is what the image holds", { skip }, async () => {
  const { it } = await running("1.9.3");
  assert.equal((await it.inside("one", "cat /srv/secret; stat -c %a /srv/secret /srv/tool")).out, "one600\n4755\n");
  assert.ok(readFileSync(join(it.world.folder, "agent.tar")).equals(savedImage()), "the operator's file is as it was");
  await it.remove("one");
});

test("what a machine's image runs stays, and takes in the orphans of the agent's commands", { skip }, async (t) => {
  const words = ["--unshare-pid", "--as-pid-1", "--dev-bind", "/", "/", "--proc", "/proc", "--die-with-parent"];
  const idle = spawn("bwrap", [...words, "--info-fd", "3", "--", ...IDLE], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  t.after(() => idle.kill("SIGKILL"));
  // It comes in pieces.
  const info = (idle.stdio[3] as Readable).setEncoding("utf8");
  let said = "";
  for await (const piece of info) {
    said += piece;
    if (said.trimEnd().endsWith("}")) break;
  }
  const first = (JSON.parse(said) as { "child-pid": number })["child-pid"];
  const stateOf = (pid: string) => /^State:\t(.)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  const children = () => readFileSync(`/proc/${first}/task/${first}/children`, "utf8").split(" ").filter(Boolean);
  await eventually("it idles", () => readFileSync(`/proc/${first}/cmdline`, "utf8").startsWith(IDLE[0] ?? "-"));
  await eventually("it sleeps", () => stateOf(String(first)) === "S");
  const script = "for n in 1 2 3 4 5; do (sleep 1000 &); done";
  // They would keep a pipe.
  const entered = spawnSync("nsenter", ["-t", String(first), "-p", "-m", "/bin/sh", "-c", script], { stdio: "ignore" });
  assert.equal(entered.status, 0);
  await eventually("the orphans are its own", () => children().length === 5);
  for (const pid of children()) process.kill(Number(pid), "SIGKILL");
  await eventually("none of them is left", () => children().length === 0);
  assert.equal(stateOf(String(first)), "S");
});
