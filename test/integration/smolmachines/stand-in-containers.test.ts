/** Containers of the FAKE smolvm: who joins which, by release, and what their bring-up breaks. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";
import { type FakeMachine, fakeMachine } from "../../support/smolvm-machine.ts";

const skip = skipWithout("root", "bubblewrap", "perl");

/** Holds a first interactive command, which has a mount of its own. */
async function first(machine: FakeMachine) {
  const held = machine.hold(["-i", "--", "sh", "-c", "echo kept >/file; echo in; exec cat"]);
  await eventually("the first one is in", () => held.out() === "in\n");
  return held;
}

const SEES = ["sh", "-c", "cat /file; [ -e /proc/1/root/dev/shm/mark ] && echo marked; ls /proc | grep -c '^[0-9]'"];

test("below 1.4.1 only execs with -i or -t join the first of them; others see its files and nothing else", {
  skip,
}, async () => {
  for (const [version, others] of [
    ["0.8.0", "kept\n"],
    ["1.4.0", "kept\n"],
    ["1.4.1", "kept\nmarked\n"],
  ] as const) {
    await using machine = await fakeMachine(version);
    await first(machine);
    assert.equal((await machine.exec(["-i", "--", "touch", "/dev/shm/mark"])).code, 0);
    const seen = async (...how: readonly string[]) => (await machine.exec([...how, "--", ...SEES])).out;
    assert.match(await seen("-i"), /^kept\nmarked\n/, version);
    // A terminal's line ends are two characters.
    assert.match(await seen("-t"), /^kept\r\nmarked\r\n/, version);
    for (const how of [[], ["--stream"]]) {
      const out = await seen(...how);
      assert.ok(out.startsWith(others) && out.includes("marked") === others.includes("marked"), `${version}: ${out}`);
    }
    const off = { env: { STAND_IN_QUIRKS: "-own-container" } };
    assert.match((await machine.exec(["--", ...SEES], off)).out, version === "0.8.0" ? /marked/ : /^kept\n/);
  }
});

test("who joined the first container dies with it below 1.4.0, and its own files stay", { skip }, async () => {
  for (const [version, code] of [
    ["0.8.0", 137],
    ["1.3.9", 137],
    ["1.4.0", 0],
    ["1.4.1", 0],
  ] as const) {
    await using machine = await fakeMachine(version);
    const held = await first(machine);
    const joined = machine.hold(["-i", "--", "sh", "-c", "echo in; read line; exit 0"]);
    await eventually("it has joined", () => joined.out() === "in\n");
    held.client.stdin?.end();
    assert.equal(await held.code, 0);
    if (code === 0) joined.client.stdin?.end("go\n");
    assert.equal(await joined.code, code, version);
    assert.equal((await machine.exec(["-i", "--", "cat", "/file"])).out, "kept\n");
  }
});

test("a client that is killed takes along a command that reads nothing, and leaves others", { skip }, async () => {
  for (const [how, lives] of [
    ["--stream", false],
    ["-i", true],
  ] as const) {
    await using machine = await fakeMachine("0.8.0");
    const beat = join(machine.shown, "beat");
    const held = machine.hold([how, "--", "sh", "-c", "while :; do echo >>/run/shown/beat; sleep 0.02; done"]);
    await eventually("it beats", () => existsSync(beat));
    held.client.kill("SIGKILL");
    await held.code;
    const beats = async () => {
      const before = readFileSync(beat).length;
      return eventually("an exec has come and gone", async () => {
        await machine.exec(["--", "sleep", "0.1"]);
        return [readFileSync(beat).length > before];
      });
    };
    if (lives) assert.deepEqual(await beats(), [true]);
    else await eventually("it beats no more", async () => !(await beats())[0]);
  }
});

test("a client that is killed ends what its command reads", { skip }, async () => {
  await using machine = await fakeMachine("1.9.3");
  const held = machine.hold(["-i", "--", "sh", "-c", "echo in; cat; touch /run/shown/ended"]);
  await eventually("it is in", () => held.out() === "in\n");
  held.client.kill("SIGKILL");
  await eventually("it has read the end", () => existsSync(join(machine.shown, "ended")));
});

/** What is done in two steps takes so long that execs which are begun at once meet in between. */
const SLOW = { STAND_IN_PAUSE_MS: "1000" };

/** Two at once, whose words are not equally long. */
const two = (machine: FakeMachine, words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  Promise.all(
    ["", "b".repeat(500)].map((name) => machine.exec(["-e", `A=${name}`, ...words], { env: { ...SLOW, ...env } })),
  );

/** The same, until one of them fails. */
const meeting = (...given: Parameters<typeof two>) =>
  eventually("one of two fails", async () => (await two(...given)).find(({ code }) => code !== 0));

/** Asserts that two at once do not get into each other's way. */
async function apart(...given: Parameters<typeof two>) {
  const both = await two(...given);
  assert.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
    both.map(({ err }) => err).join(""),
  );
}

const HALF = /^Error: agent operation failed: exec: .*config\.json: parse error/;

test("below 1.4.1 execs that come up at once read a config.json half written; one by one they do not", {
  skip,
}, async () => {
  const words = ["--", "echo", "a"];
  await using machine = await fakeMachine("1.3.9");
  const failed = await meeting(machine, words);
  assert.deepEqual([failed.code, failed.out], [1, ""]);
  assert.match(failed.err, HALF);
  for (let round = 0; round < 2; round += 1) assert.equal((await machine.exec(words)).out, "a\n");
  await apart(machine, words, { STAND_IN_QUIRKS: "-shared-config" });
  await using now = await fakeMachine("1.4.1");
  assert.equal((await now.exec(words)).out, "a\n");
  await apart(now, words);
});

test("since 1.4.1 only the first execs of a machine may not overlap", { skip }, async () => {
  const words = ["--", "echo", "a"];
  const failed = await eventually("one of two fails", async () => {
    await using machine = await fakeMachine("1.9.3");
    return (await two(machine, words)).find(({ code }) => code !== 0);
  });
  assert.match(failed.err, HALF);
  await using machine = await fakeMachine("1.9.3");
  await apart(machine, words, { STAND_IN_QUIRKS: "-shared-first" });
});

test("one that joins writes config.json too below 1.4.0, and none that joins does since", { skip }, async () => {
  for (const [version, writes] of [
    ["1.3.9", true],
    ["1.4.0", false],
    ["1.4.1", false],
  ] as const) {
    await using machine = await fakeMachine(version);
    await first(machine);
    rmSync(join(machine.folder, "config.json"), { force: true });
    await machine.exec(["-i", "--", "true"]);
    assert.equal(existsSync(join(machine.folder, "config.json")), writes, version);
  }
});

test("below 1.4.0 the container of a first exec that is about to run is deleted by the next: 137", {
  skip,
}, async () => {
  const words = ["-i", "--", "sleep", "0.1"];
  const whole = "-shared-config,-shared-first";
  await using machine = await fakeMachine("1.3.9");
  const deleted = await meeting(machine, words, { STAND_IN_QUIRKS: whole });
  assert.deepEqual([deleted.code, deleted.err], [137, ""]);
  await apart(machine, words, { STAND_IN_QUIRKS: `${whole},-stale-container,-joined-die` });
  await using now = await fakeMachine("1.4.1");
  assert.equal((await now.exec(words)).code, 0);
  await apart(now, words);
});

test("root's rights in a container are Docker's below 1.2.3, and a machine's since", { skip }, async () => {
  const words = ["-i", "--", "sh", "-c", "mount -t tmpfs t /mnt && echo mounted; ulimit -n"];
  await using old = await fakeMachine("1.2.2");
  const few = await old.exec(words);
  assert.equal(few.out, "1024\n");
  assert.match(few.err, /permission denied/);
  await using now = await fakeMachine("1.2.3");
  assert.match((await now.exec(words)).out, /^mounted\n/);
});

test("from 1.2.3 a container has a /tmp and /run of its own, below which volumes stay", { skip }, async () => {
  for (const [version, seen] of [
    ["1.2.2", "mark\n"],
    ["1.2.3", ""],
  ] as const) {
    await using machine = await fakeMachine(version);
    writeFileSync(join(machine.shown, "of-the-host"), "");
    const held = machine.hold(["-i", "--", "sh", "-c", "touch /tmp/mark; echo in; exec cat"]);
    await eventually("it is in", () => held.out() === "in\n");
    assert.equal((await machine.exec(["--", "ls", "/tmp"])).out, seen, version);
    assert.equal(
      (await machine.exec(["-i", "--", "ls", "/tmp", "/run/shown"])).out,
      "/run/shown:\nof-the-host\n\n/tmp:\nmark\n",
    );
  }
});

const ACCOUNTS = "echo 'agent:x:1000:1001::/home/agent:/bin/sh' >>/etc/passwd; echo 'more:x:7:agent' >>/etc/group";

test("the image's user is whose a fresh container is since 1.3.0, and who joins one since 1.6.0", {
  skip,
}, async () => {
  const rows = [
    ["1.2.5", "0 0", "0 0"],
    ["1.3.0", "1000 1001", "0 0"],
    ["1.4.1", "0 0", "0 0"],
    ["1.6.0", null, null],
    ["1.6.1", "1000 1001", "1000 1001"],
  ] as const;
  for (const [version, fresh, joined] of rows) {
    await using machine = await fakeMachine(version, { User: "agent" });
    const root = join(machine.folder, "root/etc");
    for (const [, line, file] of ACCOUNTS.matchAll(/echo '([^']*)' >>\/etc\/(\w+)/g)) {
      writeFileSync(join(root, file ?? ""), `${line}\n`, { flag: "a" });
    }
    const id = ["--", "sh", "-c", "echo $(id -u) $(id -g); exec cat"];
    const one = await machine.exec(id);
    if (fresh === null) {
      assert.match(one.err, /invalid USERSPEC/, version);
      continue;
    }
    assert.equal(one.out, `${fresh}\n`, version);
    const held = machine.hold(["-i", ...id]);
    await eventually("the first one is in", () => held.out() !== "");
    assert.equal((await machine.exec(["-i", ...id])).out, `${joined}\n`, version);
  }
});

test("an image's own command is the main container, which execs join", { skip }, async () => {
  const config = { Entrypoint: ["/bin/sh"], Cmd: ["-c", "echo $$ >/run/shown/main; exec sleep 1000"] };
  for (const [version, words] of [
    ["0.8.0", "cat\n"],
    ["0.8.1", "sleep\n"],
    ["1.3.9", "sleep\n"],
  ] as const) {
    await using machine = await fakeMachine(version, config);
    const one = await machine.exec(["-i", "--", "sh", "-c", "exec cat /proc/1/comm"]);
    assert.equal(one.out, words, version);
    if (words === "cat\n") continue;
    await eventually("it runs", () => existsSync(join(machine.shown, "main")));
    // None of those that join is the one that others die with.
    assert.equal((await machine.exec(["-i", "--", "cat", "/proc/1/comm"])).out, words);
  }
  await using now = await fakeMachine("1.9.3", config);
  assert.equal((await now.exec(["--", "pgrep", "-c", "sleep"])).code, 0);
  await using missing = await fakeMachine("1.9.3", { Cmd: ["/nothing/here"] }, false);
  const start = await missing.call(["machine", "start", "-n", "one"]);
  assert.equal(start.code, 1);
  assert.match(start.err, /^Error: .*\/nothing\/here/m);
  assert.doesNotMatch((await missing.call(["machine", "ls", "--json"])).out, /"running"/);
});
