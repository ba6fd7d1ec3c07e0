import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl");
const VALUE = "zq8-0f7c1d2e3b4a5968-service";

/** Runs `script` in a bottle that then waits; resolves when it waits. Stopping it is left to `end`. */
async function running(operator: Operator, name: string, script: string, env: Record<string, string> = {}) {
  const child = operator.spawn(["start", "shell", "--name", name, "-p", `${script}\ntouch waits; sleep 600.5`], env);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.stdout?.resume();
  child.stderr?.resume();
  await eventually("the agent waits", async () => {
    const look = await operator.bottle(["exec", name, "--", "test", "-e", "waits"]);
    return look.code === 0;
  });
  return async () => {
    await operator.bottle(["stop", "--grace", "0", name]);
    await ended;
  };
}

test("cp out of a running bottle and of an ended one: files, folders and archives, as docker cp names them", {
  skip,
}, async () => {
  using operator = newOperator();
  const end = await running(
    operator,
    "src",
    'mkdir -p "out dir/sub"; echo one >"out dir/1"; printf two >"out dir/sub/é"',
  );
  const out = join(operator.home, "got");
  mkdirSync(out);
  const copies = async (kind: string) => {
    const folder = join(out, kind);
    mkdirSync(folder);
    const cp = async (...words: string[]) => {
      const run = await operator.bottle(["cp", ...words]);
      assert.equal(run.code, 0, run.stderr);
      assert.equal(run.stdout, "");
      assert.match(run.stderr, /^bottle: copied [12] files? \(\d+ bytes\) to /);
    };
    await cp("src:out dir/1", folder);
    await cp("src:out dir/1", join(folder, "renamed"));
    await cp("src:out dir", folder);
    await cp("src:out dir", join(folder, "copy"));
    await cp("src:out dir/.", folder);
    assert.deepEqual(
      readdirSync(folder, { recursive: true }).sort(),
      [
        "1",
        "copy",
        "copy/1",
        "copy/sub",
        "copy/sub/é",
        "out dir",
        "out dir/1",
        "out dir/sub",
        "out dir/sub/é",
        "renamed",
        "sub",
        "sub/é",
      ],
      kind,
    );
    assert.equal(readFileSync(join(folder, "copy/sub/é"), "utf8"), "two");
    assert.equal(statSync(join(folder, "1")).uid, process.getuid?.());
    const stream = await operator.bottle(["cp", "src:out dir/sub", "-"]);
    assert.equal(stream.code, 0, stream.stderr);
    assert.match(stream.stdout, /^sub\/\0/);
    for (const [word, problem] of [
      ["src:nothing", /nothing does not exist in the bottle \[COPY_REFUSED\]/],
      ["src:/dev/null", kind === "running" ? /neither a file nor a folder/ : /\/dev\/null is gone/],
    ] as const) {
      const run = await operator.bottle(["cp", word, folder]);
      assert.deepEqual([run.code, problem.test(run.stderr)], [2, true], run.stderr);
    }
  };
  await copies("running");
  await end();
  await copies("ended");
  const into = await operator.bottle(["cp", out, "src:/tmp"]);
  assert.deepEqual([into.code, /BOTTLE_NOT_RUNNING/.test(into.stderr)], [2, true]);
});

test("row 143: links, pipes and deep trees that an agent plants: nothing is written, or only what is safe", {
  skip,
}, async () => {
  using operator = newOperator();
  const plant =
    "mkdir t; cd t; ln -s /etc/passwd link; mkfifo pipe; ln link hard; echo ok >file; chmod 6755 file; " +
    'printf x >"$(printf "a\\033[2Jb")"; cd ..; ' +
    "mkdir deep; (cd deep; i=0; while [ $i -lt 300 ]; do mkdir d && cd d || exit; i=$((i+1)); done); truncate -s 40G huge";
  const end = await running(operator, "planter", plant);
  const check = async () => {
    const to = join(operator.home, "t");
    const refused = await operator.bottle(["cp", "planter:t", to]);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /nothing was copied: .* is (a|the) .*\[COPY_REFUSED\]\n {2}--skip-odd/);
    assert.equal(existsSync(to), false);
    const safe = await operator.bottle(["cp", "--skip-odd", "planter:t", to]);
    assert.equal(safe.code, 0, safe.stderr);
    assert.match(safe.stderr, /left out: .*pipe \(a named pipe\)/);
    assert.doesNotMatch(safe.stderr, /\x1b/);
    assert.deepEqual(readdirSync(to), ["file"]);
    assert.equal(statSync(join(to, "file")).mode & 0o7000, 0);
    spawnSync("rm", ["-r", to]);
    for (const [path, problem] of [
      ["deep", /too deep/],
      ["huge", /more than 17179869184 bytes/],
    ] as const) {
      const run = await operator.bottle(["cp", `planter:${path}`, to]);
      assert.deepEqual([run.code, existsSync(to)], [2, false]);
      assert.match(run.stderr, problem);
    }
  };
  await check();
  await end();
  await check();
});

test("cp into a running bottle: it belongs to the agent, links stay links, streams are unpacked", {
  skip,
}, async () => {
  using operator = newOperator();
  const end = await running(operator, "dst", "mkdir have");
  const folder = join(operator.home, "send");
  mkdirSync(join(folder, "in"), { recursive: true });
  writeFileSync(join(folder, "in/f"), "text");
  writeFileSync(join(folder, "run.sh"), "#!/bin/sh\n");
  chmodSync(join(folder, "run.sh"), 0o755);
  symlinkSync("in/f", join(folder, "link"));
  const cp = async (words: string[], stdin?: string) => {
    const run = await operator.bottle(["cp", ...words], stdin === undefined ? {} : { stdin });
    assert.equal(run.code, 0, run.stderr);
  };
  await cp([folder, "dst:have"]);
  await cp([`${folder}/.`, "dst:new"]);
  await cp([join(folder, "in/f"), "dst:/tmp/g"]);
  const shown = await operator.bottle([
    ...["exec", "dst", "--", "sh", "-c"],
    'cat have/send/in/f new/in/f /tmp/g; readlink new/link; stat -c %a new/run.sh; find have new /tmp/g ! -user "$(id -u)"',
  ]);
  assert.equal(shown.stdout, "texttexttextin/f\n755\n", shown.stderr);
  for (const [words, problem] of [
    [[folder, "dst:/tmp/g"], /is not a folder/],
    [[folder, "dst:no/where"], /the folder above .* does not exist/],
    [["-", "dst:/tmp/g"], /is not a folder of dst/],
    [[join(folder, "none"), "dst:/tmp"], /none cannot be read/],
    [[folder, "dst:/usr"], /perhaps only a part was copied/],
    [["dst:a", "dst:b"], /both are in bottles/],
    [["a", "b"], /neither is in a bottle/],
  ] as const) {
    const run = await operator.bottle(["cp", ...words]);
    assert.equal(run.code, 2, run.stderr);
    assert.match(run.stderr, problem);
  }
  const garbage = await operator.bottle(["cp", "-", "dst:/tmp"], { stdin: "no archive".repeat(100) });
  assert.match(garbage.stderr, /the archive is refused: a header that is not of a tar archive/);
  const waiting = operator.spawn(["cp", "-", "dst:/tmp"]);
  waiting.stdin?.write("x");
  const code = new Promise<number | null>((resolve) => waiting.once("close", resolve));
  // The file without a name that it keeps the archive in.
  const spool = join(operator.home, ".local/state/bot-bottle/#");
  await eventually("it waits for the rest", () => openFiles(waiting.pid).some((path) => path.startsWith(spool)));
  waiting.kill("SIGINT");
  assert.equal(await code, 130);
  await end();
});

test("a declared credential is not copied in, by file or by stream, also not one that only the host process knows", {
  skip,
}, async () => {
  using operator = newOperator();
  const credential = { source: { env: "SERVICE_KEY" }, hosts: ["api.example.com"], scheme: "bearer" };
  const rules = [{ host: "api.example.com" }];
  operator.writeManifest(
    JSON.stringify({ bottles: { default: { credentials: { service: credential }, egress: { rules } } } }),
  );
  const end = await running(operator, "sealed", "true", { SERVICE_KEY: VALUE });
  const file = join(operator.home, "env");
  writeFileSync(file, `KEY=${Buffer.from(VALUE).toString("base64")}\n`);
  // The shell that copies does not have the variable: the host process has.
  const leaky = await operator.bottle(["cp", file, "sealed:/tmp/env"]);
  assert.equal(leaky.code, 3, leaky.stderr);
  assert.match(leaky.stderr, /nothing was copied: .*credential service.*\[SECRET_EXPOSED\]/);
  assert.ok(!leaky.stderr.includes(VALUE));
  const packed = spawnSync("tar", ["-C", operator.home, "-cf", "-", "env"], { encoding: "latin1" }).stdout;
  assert.equal((await operator.bottle(["cp", "-", "sealed:/tmp"], { stdin: packed })).code, 3);
  const look = await operator.bottle(["exec", "sealed", "--", "ls", "/tmp"]);
  assert.doesNotMatch(look.stdout, /env/);
  await end();
});

function openFiles(pid = 0): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(join(folder, name))];
    } catch {
      return [];
    }
  });
}
