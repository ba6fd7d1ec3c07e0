/** The gateway's way over commands, in bottles of the FAKE smolvm: its commands get stuck with much input. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { after, test } from "node:test";
import { loadBackend } from "../../../src/backends/builtins.ts";
import { onlyHere } from "../../../src/backends/service-ways.ts";
import { run } from "../../../src/host/exec.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";
import { rejectsWith } from "../../support/rejection.ts";
import { namedSmolvm } from "../../support/smolvm.ts";
import { openTestBottle, type TestBottle } from "../../support/test-bottle.ts";

const skip = skipWithout("root", "bubblewrap", "perl", "python3");
const BODY = randomBytes(2 ** 20);
const FETCH = 'exec 3<>/dev/tcp/127.0.0.1/9099; echo "$1" >&3; cat <&3 | sha256sum | cut -d" " -f1';
const hash = createHash("sha256").update(BODY).digest("hex");

let bottle: Promise<TestBottle> | null = null;
after(async () => (await bottle)?.dispose());

/** One for all: what it asks for is sent in pieces of a mebibyte. */
function opened(): Promise<TestBottle> {
  bottle ??= (async () => {
    namedSmolvm("1.4.1");
    const test = await openTestBottle(await loadBackend("smolmachines"), {
      services: () => onlyHere(async () => ({ caPem: "" })),
    });
    serve(test.server);
    return test;
  })();
  return bottle;
}

function serve(server: Server): void {
  server.on("connection", (socket: Socket) => {
    socket.on("error", () => {}); // the agent's to see
    socket.once("data", () => socket.end(BODY));
  });
}

/** Clients of this machine that carry for the gateway; pids. */
function carriers(machine: string): readonly number[] {
  return globSync("/proc/[0-9]*/cmdline").flatMap((file) => {
    try {
      const words = readFileSync(file, "latin1").split("\0");
      return words.includes(machine) && words.includes("/run/bottle-carriers/door") && !words.includes("/bin/sh")
        ? [Number(file.split("/")[2])]
        : [];
    } catch {
      return [];
    }
  });
}

const machineOf = ({ bottle }: TestBottle) =>
  (bottle.handle as unknown as { entry: { machine: string } }).entry.machine;

test("1.4.1: more comes in than one command could read, and nobody waits for who does not read", { skip }, async () => {
  const { sh } = await opened();
  const answers = await Promise.all([sh(FETCH, "one"), sh(FETCH, "two")]);
  assert.deepEqual(answers, [`${hash}\n`, `${hash}\n`]);
});

test("1.4.1: no more than two commands carry at a time, and one that is killed is replaced", { skip }, async () => {
  const test = await opened();
  const machine = machineOf(test);
  await test.sh(FETCH, "some");
  const before = await eventually("a carrier is there", () => {
    const all = carriers(machine);
    return all.length > 0 ? all : null;
  });
  assert.ok(before.length <= 2, `${before.length} carriers`);
  for (const pid of before) process.kill(pid, "SIGKILL");
  assert.equal(await test.sh(FETCH, "more"), `${hash}\n`);
});

test("1.4.1: row 153: the agent does not reach the place where carriers say what comes in", { skip }, async () => {
  const { sh } = await opened();
  const look = 'ls /run/bottle-carriers 2>&1; stat -c "%U %a" /run/bottle-carriers';
  assert.equal(await sh(look), "ls: cannot open directory '/run/bottle-carriers': Permission denied\nroot 700\n");
  const dial = `use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0); print connect($s, pack_sockaddr_un($ARGV[0])) ? "open" : 0 + $!`;
  assert.equal(await sh(`perl -e '${dial}' /run/bottle-carriers/door`), "13");
});

test("1.4.1: a bottle whose holder's client is killed ends, and says so to who asks something of it", {
  skip,
}, async () => {
  const test = await opened();
  const machine = machineOf(test);
  const holders = globSync("/proc/[0-9]*/cmdline").filter((file) => {
    try {
      const words = readFileSync(file, "latin1").split("\0");
      return words.includes(machine) && words.includes("9099") && words.includes("--name");
    } catch {
      return false;
    }
  });
  assert.equal(holders.length, 1);
  process.kill(Number(holders[0]?.split("/")[2]), "SIGKILL");
  await test.bottle.ended;
  await rejectsWith("BOTTLE_GONE", test.bottle.exec({ argv: ["/bin/true"] }));
});

test("1.4.1: a bottle whose machine somebody stops ends", { skip }, async () => {
  const { program } = namedSmolvm("1.4.1");
  const test = await openTestBottle(await loadBackend("smolmachines"), {
    services: () => onlyHere(async () => ({ caPem: "" })),
  });
  try {
    const stop = await run({ argv: [program, "machine", "stop", "-n", machineOf(test)], env: {} });
    assert.equal(stop.code, 0, stop.stderr.toString());
    await test.bottle.ended;
  } finally {
    await test.dispose();
  }
});
