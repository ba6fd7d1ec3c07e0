/** Execs of the FAKE smolvm have the quirks of their release, and in the first release without one it is gone. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";
import { onTerminal } from "../../support/operator-terminal.ts";
import { fakeMachine } from "../../support/smolvm-machine.ts";

const skip = skipWithout("root", "bubblewrap", "perl");
const MIB = 2 ** 20;

test("a death by signal is 255 at 0.8.0 and 128+n since", { skip }, async () => {
  for (const [version, code] of [
    ["0.8.0", 255],
    ["0.8.1", 143],
    ["1.9.3", 143],
  ] as const) {
    await using machine = await fakeMachine(version);
    const first = machine.hold(["-i", "--", "sh", "-c", "echo in; exec cat"]);
    await eventually("the first one is in", () => first.out() === "in\n");
    assert.equal((await machine.exec(["-i", "--", "sh", "-c", "kill -TERM $$"])).code, code, version);
    const other = { env: { STAND_IN_QUIRKS: code === 255 ? "-signal-255" : "+signal-255" } };
    assert.equal((await machine.exec(["-i", "--", "sh", "-c", "kill -TERM $$"], other)).code, code === 255 ? 143 : 255);
  }
});

test("`-e KEY` is dropped at 0.8.0 and forwards the caller's value since", { skip }, async () => {
  for (const [version, out] of [
    ["0.8.0", "none\n"],
    ["0.8.1", "mine\n"],
  ] as const) {
    await using machine = await fakeMachine(version);
    const words = ["-e", "KEY", "-e", "=bad", "-e", "OTHER=a=b", "--", "sh", "-c", "echo ${KEY-none} >&2; echo $OTHER"];
    const { out: other, err } = await machine.exec(words, { env: { KEY: "mine" } });
    assert.deepEqual([err, other], [out, "a=b\n"], version);
  }
});

test("output above 11 MiB is cut in silence below 1.0.0, and an error since", { skip }, async () => {
  const long = ["--", "head", "-c", String(12 * MIB), "/dev/zero"];
  await using old = await fakeMachine("0.8.1");
  const cut = await old.exec(long);
  assert.deepEqual([cut.code, cut.out.length, cut.err], [0, 11 * MIB, ""]);
  await using now = await fakeMachine("1.0.0");
  const refused = await now.exec(long);
  assert.deepEqual([refused.code, refused.out.length], [1, 0]);
  assert.match(refused.err, /^Error: .* 11 MiB/);
  for (const how of ["--stream", "-i"]) assert.equal((await now.exec([how, ...long])).out.length, 12 * MIB);
});

const SIZED = [
  'at() { i=0; until [ "$(stty size)" = "$1" ] || [ $i = 100 ]; do i=$((i+1)); sleep 0.02; done; echo now $(stty size); }',
  "at '33 101'; at '40 80'",
].join("; ");

test("a terminal is 0x0 and never resized at 0.8.0, and follows the client's since", { skip }, async () => {
  for (const [version, first, then] of [
    ["0.8.0", "0 0", "0 0"],
    ["0.8.1", "33 101", "40 80"],
  ] as const) {
    await using machine = await fakeMachine(version);
    const argv = [machine.program, "machine", "exec", "--name", "one", "-it", "--", "sh", "-c", SIZED];
    const { code, shown } = await onTerminal({ argv, env: {} }, [["now ", "resize 40 80"]]);
    assert.deepEqual([code, shown], [0, `now ${first}\r\nnow ${then}\r\n`], version);
  }
});

test("a terminal inside is the container's own, by its name too, and its end is typed", { skip }, async () => {
  await using machine = await fakeMachine("1.3.9");
  const words = ["-t", "--", "sh", "-c", "tty; stty -echo; echo; cat; echo over"];
  const { out, code } = await machine.exec(words, { stdin: "typed\n" });
  assert.equal(code, 0);
  assert.match(out, /^\/dev\/pts\/0\r$/m);
  assert.match(out, /typed\r\nover\r\n$/);
});

test("without -i a command reads nothing; with -t outputs are one; the code is its own", { skip }, async () => {
  for (const version of ["0.8.0", "1.9.3"]) {
    await using machine = await fakeMachine(version);
    for (const how of [[], ["--stream"]]) {
      assert.equal((await machine.exec([...how, "--", "cat"], { stdin: "lost" })).out, "");
    }
    assert.equal((await machine.exec(["-i", "--", "cat"], { stdin: "kept" })).out, "kept");
    const apart = await machine.exec(["-i", "--", "sh", "-c", "echo a; echo b >&2; exit 7"]);
    assert.deepEqual([apart.code, apart.out, apart.err], [7, "a\n", "b\n"]);
    const one = await machine.exec(["-t", "--", "sh", "-c", "echo a; echo b >&2; exit 7"]);
    assert.deepEqual([one.code, one.out, one.err], [7, "a\r\nb\r\n", ""]);
    assert.equal((await machine.exec(["--", "nothing-of-this-name"])).code, 127);
  }
});

test("much input stands still below 1.8.1, and comes through since", { skip }, async () => {
  const much = new Uint8Array(MIB);
  const words = ["-i", "--", "wc", "-c"];
  await using old = await fakeMachine("1.8.0");
  assert.equal((await old.exec(words, { stdin: much, timeoutMs: 2000 })).timedOut, true);
  assert.equal((await old.exec(words, { stdin: much.subarray(0, 200_000) })).out, "200000\n");
  assert.equal((await old.exec(words, { stdin: much, env: { STAND_IN_QUIRKS: "-stuck-input" } })).out, `${MIB}\n`);
  await using now = await fakeMachine("1.8.1");
  assert.equal((await now.exec(words, { stdin: much })).out, `${MIB}\n`);
});

test("eight clients are served; a ninth waits, and the machine looks unreachable meanwhile", { skip }, async () => {
  await using machine = await fakeMachine("1.9.3");
  // A first exec comes up alone.
  assert.equal((await machine.exec(["--", "true"])).code, 0);
  const busy = Array.from({ length: 8 }, () => machine.hold(["-i", "--", "sh", "-c", "echo in; exec cat"]));
  await eventually("eight are in", () => busy.every((one) => one.out() === "in\n"));
  const state = async (env = {}) => {
    const [one] = JSON.parse((await machine.call(["machine", "ls", "--json"], { env })).out) as { state: string }[];
    return one?.state;
  };
  assert.equal(await state(), "unreachable");
  assert.equal(await state({ STAND_IN_QUIRKS: "-eight-clients" }), "running");
  assert.equal((await machine.exec(["--", "true"], { timeoutMs: 1000 })).timedOut, true);
  assert.equal((await machine.exec(["--", "true"], { env: { STAND_IN_QUIRKS: "-eight-clients" } })).code, 0);
  const ninth = machine.exec(["--", "echo", "served"]);
  busy[3]?.client.stdin?.end();
  assert.equal((await ninth).out, "served\n");
  assert.equal(await state(), "running");
});

test("a command may be held to a time: 124, and a word of it where outputs are kept", { skip }, async () => {
  await using machine = await fakeMachine("1.6.4");
  const sleep = ["--timeout", "300ms", "--", "sh", "-c", "echo begun; exec sleep 30"];
  // Who joins a container is not held to it before 1.7.0.
  assert.equal((await machine.exec(sleep, { timeoutMs: 2000 })).timedOut, true);
  await using now = await fakeMachine("1.7.0");
  const kept = await now.exec(sleep);
  assert.deepEqual([kept.code, kept.out], [124, "begun\n"]);
  assert.match(kept.err, /timed out after 300ms/);
  await using own = await fakeMachine("0.8.0");
  assert.equal((await own.exec(sleep)).code, 124);
  for (const bad of ["0s", "soon", "5"]) assert.equal((await own.exec(["--timeout", bad, "--", "true"])).code, 2, bad);
});

test("secrets are references since 1.0.0; -d prints a pid since 1.3.0", { skip }, async () => {
  await using old = await fakeMachine("0.8.1");
  assert.equal((await old.exec(["--secret-env", "A=B", "--", "true"])).code, 2);
  await using machine = await fakeMachine("1.3.0");
  const file = join(machine.shown, "secret");
  writeFileSync(file, "of a file");
  const words = ["--secret-env", "A=B", "--secret-file", `C=${file}`, "--", "sh", "-c", 'echo "$A, $C"'];
  assert.equal((await machine.exec(words, { env: { B: "of the caller" } })).out, "of the caller, of a file\n");
  assert.match((await machine.exec(words)).err, /^Error: .*B is not set/);
  assert.equal((await old.exec(["-d", "--", "true"])).code, 2);
  const { out, code } = await machine.exec(["-d", "--", "sh", "-c", "echo $$ >/run/shown/pid; exec sleep 100"]);
  assert.equal(code, 0);
  assert.match(out, /^\d+\n$/);
  await using now = await fakeMachine("1.9.3");
  const pid = (await now.exec(["-d", "--", "sleep", "100"])).out.trim();
  assert.equal((await now.exec(["--", "cat", `/proc/${pid}/comm`])).out, "sleep\n");
});

test("of a variable the last counts: fixed, the image's, the record's, the command's", { skip }, async () => {
  await using machine = await fakeMachine("1.9.3", { Env: ["IMAGE=i", "RECORD=i", "TERM=i"], WorkingDir: "/opt" });
  const words = ["-e", "OWN=o", "-e", "IMAGE=o", "--", "sh", "-c", 'echo "$TERM $IMAGE $RECORD $OWN $HOME $PWD"'];
  assert.equal((await machine.exec(words)).out, "i o r o /root /opt\n");
  assert.equal((await machine.exec(["-w", "/srv", ...words])).out, "i o r o /root /srv\n");
  const unseen = { env: { STAND_IN_QUIRKS: "+create-env-unseen", HOST: "h" } };
  assert.equal((await machine.exec(words, unseen)).out, "i o i o /root /opt\n");
  assert.equal((await machine.exec(["--", "sh", "-c", "echo $HOST"], unseen)).out, "\n");
  assert.match((await machine.exec(["-e", "1A=b", "--", "true"])).err, /^Error: .*invalid characters/);
});

test("faults: an agent that does not answer, and an exec that never comes up", { skip }, async () => {
  await using machine = await fakeMachine("1.9.3");
  const unreachable = { env: { STAND_IN_FAULTS: "unreachable" } };
  assert.match((await machine.exec(["--", "true"], unreachable)).err, /^Error: agent operation failed: connect/);
  assert.match((await machine.call(["machine", "status", "-n", "one", "--json"], unreachable)).out, /"unreachable"/);
  const hung = { env: { STAND_IN_FAULTS: "hung-exec" }, timeoutMs: 1000 };
  assert.equal((await machine.exec(["-i", "--", "touch", "/run/shown/came"], hung)).timedOut, true);
  assert.equal((await machine.exec(["--", "ls", "/run/shown"])).out, "");
});
