import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { leftBehind, takeCensus } from "../../../scripts/test/census.ts";
import { skipWithout } from "../../support/needs.ts";

const root = join(import.meta.dirname, "../../..");

function writeTest(folder: string, body: string): string {
  const file = join(folder, "made-up.test.ts");
  const head = [
    'import { test } from "node:test";',
    'import { spawn } from "node:child_process";',
    'import { writeFileSync } from "node:fs";',
    'import { tmpdir } from "node:os";',
  ];
  writeFileSync(file, `${head.join("\n")}\n${body}`);
  return file;
}

/** Runs scripts/test.ts on one made-up test file. */
function runTest(folder: string, body: string, variables: Readonly<Record<string, string>> = {}) {
  const { NODE_TEST_CONTEXT: _nested, CI: _alone, ...env } = process.env;
  const result = spawnSync(process.execPath, [join(root, "scripts/test.ts"), writeTest(folder, body)], {
    env: { ...env, ...variables },
    encoding: "utf8",
    timeout: 60_000,
  });
  return { code: result.status, lines: result.stdout.trimEnd().split("\n"), output: result.stdout + result.stderr };
}

describe("npm test", () => {
  const folder = mkdtempSync(join(tmpdir(), "run-"));
  after(() => rmSync(folder, { recursive: true }));

  test("ends with the summary of the runner, which counts the census", () => {
    const { code, lines, output } = runTest(folder, 'test("fine", () => {});\n');
    assert.equal(code, 0, output);
    assert.ok(lines.includes("ℹ tests 2") && lines.includes("ℹ pass 2") && lines.includes("ℹ fail 0"), output);
    assert.match(lines.at(-1) ?? "", /^ℹ duration_ms /);
    assert.match(output, /✔ nothing is left behind/);
  });

  test("a failing test is the exit code", () => {
    const { code, output } = runTest(folder, 'test("broken", () => { throw new Error("so it is"); });\n');
    assert.equal(code, 1, output);
    assert.match(output, /ℹ fail 1/);
  });

  test("a temp file that stays fails the run and is named", () => {
    const { code, output } = runTest(folder, 'test("leaks", () => writeFileSync(tmpdir() + "/stray", ""));\n');
    assert.equal(code, 1, output);
    assert.match(output, /file \S+\/stray/);
    assert.match(output, /ℹ fail 1/);
    assert.deepEqual(readdirSync(folder), ["made-up.test.ts"]);
  });

  test("a process that stays fails the run and is named, even with an empty environment", () => {
    const { code, output } = runTest(
      folder,
      'test("leaks", () => spawn("/bin/sleep", ["60"], { cwd: tmpdir(), env: {}, detached: true, stdio: "ignore" }).unref());\n',
    );
    const found = /process (\d+): \/bin\/sleep 60/.exec(output);
    assert.ok(found, output);
    // Gone, or dead and waiting for its new parent.
    const argv = existsSync(`/proc/${found[1]}`) ? readFileSync(`/proc/${found[1]}/cmdline`, "utf8") : "";
    assert.equal(argv, "", "it was reported and not ended");
    assert.equal(code, 1, output);
  });

  test("a file that never ends is killed, and fails the run", () => {
    const body = 'test("ends", () => {});\nsetInterval(() => {}, 1000);\nspawn("/bin/sleep", ["61"]);\n';
    const { code, output } = runTest(folder, body, { BOT_BOTTLE_TEST_SECONDS: "2" });
    assert.equal(code, 1, output);
    assert.match(output, /killed after 2 s: .*made-up\.test\.ts/);
    assert.match(output, /✔ nothing is left behind/);
  });

  test("an interrupted run ends its tests and leaves nothing", async () => {
    const file = writeTest(
      folder,
      'test("long", () => new Promise(() => setInterval(() => {}, 1000)));\nspawn("/bin/sleep", ["62"]);\nconsole.log("begun");\n',
    );
    const { NODE_TEST_CONTEXT: _nested, CI: _alone, ...env } = process.env;
    const child = spawn(process.execPath, [join(root, "scripts/test.ts"), file], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    let output = "";
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (text.includes("begun")) child.kill("SIGTERM");
    });
    assert.equal(await ended, 1, output);
    assert.match(output, /✔ nothing is left behind/);
  });

  test("an unknown suite is a usage error", () => {
    const result = spawnSync(process.execPath, [join(root, "scripts/test.ts"), "no-such-suite"], { encoding: "utf8" });
    assert.equal(result.status, 2);
    assert.match(result.stderr, /suites: unit, contract/);
  });
});

test("a control group that a machine of the fake smolvm left is counted", { skip: skipWithout("root") }, () => {
  const top = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"].find((folder) => existsSync(join(folder, "cgroup.procs")));
  const folder = mkdtempSync(join(tmpdir(), "census-"));
  const group = join(top ?? "/sys/fs/cgroup", `fake-smolvm-left-${process.pid}`);
  const before = takeCensus(folder, false);
  mkdirSync(group);
  try {
    assert.ok(leftBehind(before, takeCensus(folder, false)).includes(`control group ${group}`));
  } finally {
    rmdirSync(group);
    rmSync(folder, { recursive: true });
  }
});

test("the census of an idle moment finds no difference", () => {
  const folder = mkdtempSync(join(tmpdir(), "census-"));
  const before = takeCensus(folder, false);
  writeFileSync(join(folder, "stray"), "");
  const after = takeCensus(folder, false);
  assert.deepEqual(leftBehind(before, after), [`file ${join(folder, "stray")}`]);
  rmSync(folder, { recursive: true });
  assert.deepEqual(leftBehind(before, takeCensus(folder, false)), []);
});
