/** More commands than a machine of the FAKE smolvm has places for its clients. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { test } from "node:test";
import { loadBackend } from "../../../src/backends/builtins.ts";
import { onlyHere } from "../../../src/backends/service-ways.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";
import { rejectsWith } from "../../support/rejection.ts";
import { namedSmolvm } from "../../support/smolvm.ts";
import { openTestBottle, type TestBottle } from "../../support/test-bottle.ts";

const skip = skipWithout("root", "bubblewrap", "perl", "python3");
/** More than the carriers of one holder. */
const BODY = randomBytes(2 ** 20);
const AGENT =
  "echo up; while read -r _; do exec 3<>/dev/tcp/127.0.0.1/9099; echo x >&3; cat <&3 | wc -c; exec 3>&-; done";

interface Client {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly words: () => string;
  readonly code: Promise<number | null>;
}

/** What `bottle exec` and an agent without a terminal are: a process of its own. */
function begin({ bottle }: TestBottle, argv: readonly string[]): Client {
  const {
    argv: [program = "", ...args],
    env,
  } = bottle.frame({ argv }, false);
  const child = spawn(program, args, { env: { ...env }, stdio: "pipe", detached: true });
  let [out, words] = ["", ""];
  child.stdout.on("data", (piece: Buffer) => {
    out += piece;
  });
  child.stderr.on("data", (piece: Buffer) => {
    words += piece;
  });
  child.stdin.on("error", () => {});
  return { child, out: () => out, words: () => words, code: new Promise((done) => child.once("close", done)) };
}

function end({ child }: Client): void {
  try {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  } catch {
    // It has ended.
  }
}

test("1.4.1: more commands than a machine has places for wait; the agent, its way out and stop go on", {
  skip,
}, async () => {
  namedSmolvm("1.4.1");
  const here = await openTestBottle(await loadBackend("smolmachines"), {
    services: () => onlyHere(async () => ({ caPem: "" })),
  });
  const clients: Client[] = [];
  try {
    here.server.on("connection", (socket: Socket) => {
      socket.on("error", () => {}); // the agent's to see
      socket.once("data", () => socket.end(BODY));
    });
    const agent = begin(here, ["/bin/bash", "-c", AGENT]);
    clients.push(agent);
    await eventually("the agent is up", () => agent.out() === "up\n");
    const many = Array.from({ length: 8 }, () => begin(here, ["/bin/sh", "-c", "echo up; exec sleep 600"]));
    clients.push(...many);
    const up = () => many.filter(({ out }) => out() === "up\n");
    const waiting = () => many.filter(({ words }) => /this one waits for another to end/.test(words()));
    await eventually("each runs or says that it waits", () => up().length + waiting().length === 8);
    assert.equal(up().length, 3);

    agent.child.stdin?.write("go\n");
    await eventually("the way out goes on", () => agent.out() === `up\n${BODY.length}\n`);
    assert.equal(await here.bottle.status(), "running");
    const late = await rejectsWith("BOTTLE_GONE", here.bottle.exec({ argv: ["/bin/true"] }, { timeoutMs: 1000 }));
    assert.match(late.message, /could not begin/);

    const [first] = waiting();
    first?.child.kill("SIGINT");
    assert.notEqual(await first?.code, 0, "who waits can be ended");
    assert.equal(first?.out(), "");
    const own = here.bottle.exec({ argv: ["/bin/echo", "ran"] });
    for (const { child } of many) child.kill("SIGTERM");
    assert.equal((await own).stdout.toString(), "ran\n", "this process waits, and gets its turn");

    await here.bottle.stop(200);
    assert.notEqual(await agent.code, 0);
    await Promise.all(many.map(({ code }) => code));
  } finally {
    for (const client of clients) end(client);
    await here.dispose();
  }
});
