import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import type { AuditEvent } from "../../../src/core/model/audit.ts";
import { type Census, heldSockets, type Marks, stillLived, takeCensus } from "../../../src/demo/census.ts";
import type { GitServer } from "../../../src/demo/git-server.ts";
import { WAYS, waysOf } from "../../../src/demo/inside/ways.ts";
import { LISTED_HOST, openListedHost } from "../../../src/demo/listed-host.ts";
import { type Lures, openLures } from "../../../src/demo/lures.ts";
import { probeDirectWays } from "../../../src/demo/probes/direct-ways.ts";
import { probeNothingLeft } from "../../../src/demo/probes/nothing-left.ts";
import { probePlaceholderOnly } from "../../../src/demo/probes/placeholder-only.ts";
import { probeSecretInPush } from "../../../src/demo/probes/secret-in-push.ts";
import { probeSecretInRequest } from "../../../src/demo/probes/secret-in-request.ts";
import { probeTurn } from "../../../src/demo/probes/turn.ts";
import { probeUnlistedHost } from "../../../src/demo/probes/unlisted-host.ts";
import { UNLISTED_HOST, WRITTEN_TEXT } from "../../../src/demo/scenes.ts";
import type { DemoBottle } from "../../../src/demo/session-port.ts";
import { skipWithout } from "../../support/needs.ts";
import { CREDENTIAL, decision, done, madeUpBottle, PLACEHOLDER, seenResult } from "./made-up-bottle.ts";

function tempFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "demo-probes-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const turnBottle = {
  runAgent: async () => done(`The command printed: ${WRITTEN_TEXT}\n`),
  exec: async () => done(`${WRITTEN_TEXT}\n`),
  audit: async () => [decision({}), decision({})],
};

test("turn: holds when words, file, log and model agree, and fails when one of them does not", async () => {
  const seen = [seenResult(0, WRITTEN_TEXT)];
  assert.equal((await probeTurn(madeUpBottle(turnBottle), seen)).ok, true);
  assert.equal((await probeTurn(madeUpBottle(turnBottle), null)).ok, true);
  for (const change of [
    { runAgent: async () => done(`${WRITTEN_TEXT}\n`, "", 1) },
    { runAgent: async () => done("nothing\n") },
    { exec: async () => done("", "", 1) },
    { audit: async () => [decision({})] },
    { audit: async () => [decision({}), decision({ mode: "splice" })] },
  ]) {
    assert.equal((await probeTurn(madeUpBottle({ ...turnBottle, ...change }), seen)).ok, false);
  }
  assert.equal((await probeTurn(madeUpBottle(turnBottle), [])).ok, false);
});

test("secret in a push: needs the refusal by name, a server that was away and not dialled, and the clean commit there", async () => {
  const key = "AKIAQ3EGRIPVTZ7WYX2B";
  const said =
    "remote: git gate: push refused (secret-found): x\nremote:   commit 1: settings.ini:2 holds what looks like: AWS\n";
  const tip = "1".repeat(40);
  const pushed = (reason: "secret-found" | "forwarding" | "accepted"): AuditEvent => ({
    type: "git",
    id: "1",
    action: "push",
    repository: "upstream",
    verdict: reason === "secret-found" ? "deny" : "allow",
    reason,
    refs: [],
    detail: null,
    ms: 1,
  });
  const log = [pushed("secret-found"), pushed("forwarding"), pushed("accepted")];
  const probe = async (change: {
    said?: string;
    dials?: number;
    away?: boolean;
    tips?: string[];
    log?: AuditEvent[];
    ssh?: boolean;
  }) => {
    const tips = [...(change.tips ?? ["", tip])];
    const server: GitServer = {
      repository: { url: "https://localhost/x" },
      ssh: change.ssh
        ? { repository: { url: "ssh://a@localhost/x" }, close: async () => undefined }
        : { repository: null, why: "" },
      leave: () => undefined,
      comeBack: () => change.dials ?? 0,
      away: change.away ?? true,
      tip: async () => tips.shift() ?? "",
      close: async () => undefined,
    };
    const outputs = [`${key}\n`, `${tip}\n`];
    const exec = async () => done(outputs.shift() ?? "");
    const bottle = madeUpBottle({ exec, audit: async () => change.log ?? log });
    return (await probeSecretInPush(bottle, server, [seenResult(3, change.said ?? said)])).ok;
  };
  assert.equal(await probe({}), true);
  const twice = [...log, pushed("forwarding"), pushed("accepted")];
  assert.equal(await probe({ ssh: true, tips: ["", tip, tip], log: twice }), true);
  for (const change of [
    { ssh: true, tips: ["", tip, tip] },
    { ssh: true, tips: ["", tip, ""], log: twice },
    { said: "remote: git gate: push refused (upstream-failed)" },
    { said: `${said}${key}` },
    { dials: 1 },
    { away: false },
    { tips: [tip, tip] },
    { tips: ["", ""] },
    { log: log.slice(1) },
  ]) {
    assert.equal(await probe(change), false, JSON.stringify(change));
  }
});

test("unlisted host: needs the 403, a reason that the model read, and the log", async () => {
  const denied = decision({ verdict: "deny", reason: "host-not-listed", authority: `${UNLISTED_HOST}:443` });
  const read = 'HTTP 403 {"error":{"reason":"host-not-listed","message":"no access"}}';
  const bottle = madeUpBottle({ audit: async () => [denied] });
  const held = await probeUnlistedHost(bottle, [seenResult(1, read)]);
  assert.equal(held.ok, true);
  assert.match(held.evidence.join(), /the model read: no access/);
  assert.equal((await probeUnlistedHost(bottle, [seenResult(1, "HTTP 200 host-not-listed")])).ok, false);
  assert.equal((await probeUnlistedHost(bottle, [seenResult(1, "HTTP 403")])).ok, false);
  assert.equal((await probeUnlistedHost(bottle, [])).ok, false);
  assert.equal((await probeUnlistedHost(madeUpBottle({}), [seenResult(1, read)])).ok, false);
  const passed = decision({ method: "GET", target: "/", authority: `${UNLISTED_HOST}:443` });
  const leaky = madeUpBottle({ audit: async () => [denied, passed] });
  assert.equal((await probeUnlistedHost(leaky, [seenResult(1, read)])).ok, false);
});

test("secret in a request: needs the refusal with the type, the clean body, the log, and no token in it", async (context) => {
  const listed = await openListedHost(join(tempFolder(context), "listed.sock"));
  context.after(() => listed.close());
  const denied = decision({ verdict: "deny", reason: "token-in-request", authority: `${LISTED_HOST}:80` });
  const REFUSAL = "HTTP/1.1 403 Forbidden\r\n\r\nIts type: GitHub personal access token.";
  const TAKEN = "HTTP/1.1 200 OK\r\n\r\ntaken";
  let sent = "";
  const answers = (secret: string, clean: string) => ({
    exec: async (argv: readonly string[]) => {
      const body = argv.at(-1) ?? "";
      if (!body.includes("ghp_")) return done(clean);
      sent = body;
      return done(secret);
    },
  });
  const probe = (change: Partial<DemoBottle>, received: readonly string[] = ["the key is not here"]) =>
    probeSecretInRequest(madeUpBottle({ ...answers(REFUSAL, TAKEN), audit: async () => [denied], ...change }), {
      ...listed,
      received,
    });
  const held = await probe({});
  assert.equal(held.ok, true, held.evidence.join("; "));
  assert.match(sent, /ghp_[A-Za-z0-9]{36}$/);
  for (const change of [
    answers(TAKEN, TAKEN),
    answers("HTTP/1.1 403 Forbidden\r\n\r\nThe request contains a secret.", TAKEN),
    answers(REFUSAL, "HTTP/1.1 403 Forbidden"),
    { audit: async () => [] },
    { audit: async () => [denied, denied] },
    { audit: async () => [{ ...denied, target: sent }] },
  ] as const) {
    assert.equal((await probe(change)).ok, false);
  }
  assert.equal((await probe({}, [])).ok, false);
  assert.equal((await probe({}, ["the key is not here", sent])).ok, false);
});

/** A bottle whose files and memory say this. */
const holding = (files: string, memory: string) =>
  madeUpBottle({
    exec: async (argv, options) => {
      if (argv[0] === "/bin/sh") return done(memory);
      options?.onStdout?.(Buffer.from(files));
      return done("", "processes=3\nfiles=2\nbytes=2048\n");
    },
  });

const MEMORY = `memory=read\nmebibytes=9\nfound=${PLACEHOLDER}\n`;

test("placeholder: found inside, the real one only outside", async () => {
  const seen = [seenResult(2, "")];
  const held = await probePlaceholderOnly(holding(`TOKEN=${PLACEHOLDER}\n`, MEMORY), CREDENTIAL, seen);
  assert.equal(held.ok, true, held.evidence.join("; "));
  assert.ok(!held.evidence.join().includes(CREDENTIAL), "the evidence shows no whole credential");
});

test("placeholder: the real one inside is found, also encoded, in the memory too", async () => {
  const seen = [seenResult(2, "")];
  const fails = async (files: string, memory: string, what: string) =>
    assert.equal((await probePlaceholderOnly(holding(files, memory), CREDENTIAL, seen)).ok, false, what);
  await fails(`${PLACEHOLDER} ${CREDENTIAL}`, MEMORY, "plain");
  await fails(`${PLACEHOLDER} ${Buffer.from(CREDENTIAL).toString("base64")}`, MEMORY, "base64");
  await fails(`${PLACEHOLDER} ${Buffer.from(CREDENTIAL).toString("hex")}`, MEMORY, "hex");
  await fails(PLACEHOLDER, `${MEMORY}found=${CREDENTIAL}\n`, "memory");
  await fails(PLACEHOLDER, "memory=read\nmebibytes=9\n", "a search of the memory that was blind");
  await fails(PLACEHOLDER, "perl: not found\n", "no search of the memory");
  await fails("nothing", MEMORY, "a search of the files that was blind");
});

test("placeholder: the model's side must have seen the real one, in every request, and never the placeholder", async () => {
  const bottle = holding(PLACEHOLDER, MEMORY);
  for (const seen of [
    [],
    [seenResult(2, ""), seenResult(2, "", { authorization: `Bearer ${PLACEHOLDER}` })],
    [seenResult(2, "", { raw: `body ${PLACEHOLDER}` })],
  ]) {
    assert.equal((await probePlaceholderOnly(bottle, CREDENTIAL, seen)).ok, false);
  }
});

async function lures(context: TestContext): Promise<Lures> {
  const folder = tempFolder(context);
  const opened = await openLures(join(folder, "lure.sock"), `${basename(folder)}-lure`);
  context.after(() => opened.close());
  return opened;
}

const REFUSED = [
  "devices=lo",
  "routes=0",
  ...WAYS.map(([name]) => `${name}=refused ENETUNREACH`),
  "gateway_to_host=403",
];

test("ways: refused from inside while the host reaches the lures", { skip: skipWithout("perl") }, async (context) => {
  const bottle = madeUpBottle({ exec: async () => done(`${REFUSED.join("\n")}\n`) });
  const held = await probeDirectWays(bottle, await lures(context));
  assert.equal(held.ok, true, held.evidence.join("; "));
});

test("ways: each one that is open, missing or not tried is a failure", {
  skip: skipWithout("perl"),
}, async (context) => {
  const there = await lures(context);
  for (const index of REFUSED.keys()) {
    for (const instead of [
      [],
      [(REFUSED[index] ?? "").replace(/=.*/, "=open lure")],
      [(REFUSED[index] ?? "").replace(/=.*/, "=not-tried")],
    ]) {
      const lines = [...REFUSED.slice(0, index), ...instead, ...REFUSED.slice(index + 1)];
      const bottle = madeUpBottle({ exec: async () => done(`${lines.join("\n")}\n`) });
      assert.equal((await probeDirectWays(bottle, there)).ok, false, `${REFUSED[index]} -> ${instead.join()}`);
    }
  }
});

test("ways: beside a gateway its next hop, the engine's resolver and the number of neighbours count too", {
  skip: skipWithout("perl"),
}, async (context) => {
  const there = await lures(context);
  const sound = [
    "devices=lo,eth0",
    "routes=2",
    "neighbours=1",
    ...waysOf("gateway-only").map(([name]) => `${name}=refused EHOSTUNREACH`),
    "gateway_to_host=403",
  ];
  const probe = (lines: readonly string[]) =>
    probeDirectWays(madeUpBottle({ network: "gateway-only", exec: async () => done(`${lines.join("\n")}\n`) }), there);
  const held = await probe(sound);
  assert.equal(held.ok, true, held.evidence.join("; "));
  for (const [line, instead] of [
    ["next_hop=refused EHOSTUNREACH", "next_hop=refused ECONNREFUSED"],
    ["resolver=refused EHOSTUNREACH", "resolver=open"],
    ["neighbours=1", "neighbours=2"],
    ["neighbours=1", "neighbours=0"],
    ["devices=lo,eth0", "devices=lo,eth0,eth1"],
    ["devices=lo,eth0", "devices=lo"],
  ] as const) {
    assert.ok(sound.includes(line));
    assert.equal((await probe(sound.map((it) => (it === line ? instead : it)))).ok, false, instead);
  }
  for (const line of sound) {
    if (line.startsWith("routes=")) continue;
    assert.equal((await probe(sound.filter((it) => it !== line))).ok, false, `without ${line}`);
  }
});

test("ways: a lure that is not there proves nothing", { skip: skipWithout("perl") }, async (context) => {
  const there = await lures(context);
  await there.close();
  const bottle = madeUpBottle({ exec: async () => done(`${REFUSED.join("\n")}\n`) });
  assert.equal((await probeDirectWays(bottle, there)).ok, false);
});

const SEEN: Census = {
  processes: ["1"],
  namespaces: ["net:[1]"],
  tenants: ["net:[1] 1 1"],
  mounts: [],
  cgroups: ["c"],
  sockets: ["s"],
  files: ["f"],
  cages: ["b"],
};

test("nothing left: a namespace is still the bottle's while somebody of then lives in it, or we hold it", () => {
  const namespaces = ["net:[1]", "pid:[2]", "mnt:[3]"];
  const tenants = ["net:[1] 7 10", "pid:[2] 7 10", "mnt:[3] 7 10"];
  const before = { ...SEEN, namespaces, tenants };
  const after = ["net:[1] 7 10", "pid:[2] 7 99", "pid:[2] 8 10", "mnt:[3] own"];
  assert.deepEqual(stillLived(before, { ...SEEN, tenants: after }), ["net:[1]", "mnt:[3]"]);
});

function marksOf(folder: string): Marks {
  return {
    words: [basename(folder)],
    namespaces: [],
    ownSockets: heldSockets(),
    folders: [dirname(folder)],
    cages: async () => [],
  };
}

test("nothing left: holds when all that was seen is gone", async (context) => {
  const folder = tempFolder(context);
  const marks = marksOf(folder);
  rmSync(folder, { recursive: true });
  const held = await probeNothingLeft(SEEN, marks, true);
  assert.equal(held.ok, true, held.evidence.join("; "));
});

test("nothing left: a census that saw nothing while the bottle ran was blind", async (context) => {
  const folder = tempFolder(context);
  const marks = marksOf(folder);
  rmSync(folder, { recursive: true });
  assert.equal((await probeNothingLeft({ ...SEEN, namespaces: [] }, marks, false)).ok, false);
  assert.equal((await probeNothingLeft({ ...SEEN, cgroups: [] }, marks, false)).ok, true);
  assert.equal((await probeNothingLeft({ ...SEEN, cgroups: [] }, marks, true)).ok, false);
});

test("nothing left: a file, a socket and a process are found and named", async (context) => {
  const folder = tempFolder(context);
  const marks = marksOf(folder);
  mkdirSync(join(folder, "inner"));
  writeFileSync(join(folder, "inner/file"), "");
  const there = await openLures(join(folder, "lure.sock"), `${basename(folder)}-lure`);
  const { spawn } = await import("node:child_process");
  const child = spawn("/bin/sleep", ["30"], { env: { MARK: folder }, stdio: "ignore" });
  context.after(() => child.kill("SIGKILL"));
  try {
    const census = await takeCensus(marks);
    assert.equal(census.files.length, 1);
    assert.ok(census.sockets.length >= 5, `${census.sockets.length} sockets`);
    assert.deepEqual(census.processes, [`${child.pid} /bin/sleep 30`]);
    const result = await probeNothingLeft(SEEN, marks, true);
    assert.equal(result.ok, false);
    assert.match(result.evidence.join("\n"), /left: process \d+ \/bin\/sleep 30/);
  } finally {
    await there.close();
  }
});
