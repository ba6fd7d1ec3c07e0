import assert from "node:assert/strict";
import { createLineReader } from "../../../src/core/wire/control-lines.ts";
import { readHostMessage } from "../../../src/core/wire/host-message.ts";
import { readSidecarMessage } from "../../../src/core/wire/sidecar-message.ts";
import { bytesOf, cutInWays, type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const ID = "0a1b2c3d-1";
const TYPES =
  "ready failed audit show withdraw secret alert reply claimed pong closed start policy claim settle done dial dialled";
const decision = {
  type: "decision",
  id: ID,
  verdict: "allow",
  reason: "allowed",
  rule: null,
  policyVersion: 1,
  mode: "inspect",
  method: "GET",
  authority: "a.test:443",
  target: "/",
  credentials: [],
  address: null,
  alert: false,
  detail: null,
};
const result = { type: "result", id: ID, status: 200, bytesOut: 0, bytesIn: 1, ms: 1.5, scrubbed: 0, error: null };
const tokens = { input: 1, output: 2, cacheRead: 3, cacheWrite: 4, cacheWriteLong: 0 };
const usage = { type: "usage", id: ID, model: "claude-opus-5", tokens, complete: true };
const policy = { version: 1, rules: [], deny: [], credentials: [] };
const MESSAGES: readonly object[] = [
  { type: "ready", ports: [9099, 9418] },
  { type: "failed", why: "no" },
  { type: "audit", seq: 1, event: decision },
  { type: "audit", seq: 2, event: result },
  { type: "audit", seq: 3, event: usage },
  { type: "audit", seq: 3, event: { ...usage, model: null, tokens: null, complete: false } },
  { type: "audit", seq: 3, event: { type: "session", event: "tls-failed", detail: "x" } },
  { type: "withdraw", id: ID },
  { type: "secret", seq: 4, credential: "api" },
  { type: "alert", text: "look" },
  { type: "reply", seq: 1, value: null },
  { type: "claimed", seq: 2, problem: null, waiting: 1, others: [ID] },
  { type: "dial", seq: 5, place: { kind: "tcp", address: "127.0.0.1", port: 80 } },
  { type: "dial", seq: 6, place: { kind: "unix", path: "/run/a.sock" } },
  { type: "dial", seq: 7, place: { kind: "service", name: "mcp" } },
  { type: "pong" },
  { type: "closed" },
  { type: "policy", seq: 1, policy, cause: "grant" },
  { type: "claim", seq: 2, id: ID },
  { type: "settle", seq: 3, id: ID, answer: "once" },
  { type: "forgive", seq: 4, id: ID },
  { type: "done", seq: 1, ok: true },
  { type: "dialled", seq: 1, why: null },
  { type: "ping" },
];
/** One word of a message put in the place of another. */
const changed = fc
  .tuple(
    fc.constantFrom(...MESSAGES),
    fc.nat(),
    fc.constantFrom("null", "1", "-1", "1e400", '"x"', "[]", "{}", "true", '"answer"', '"sealed"', '"../x"'),
  )
  .map(([message, at, word]) => {
    const parts = JSON.stringify(message).split(/((?<=[:,[])(?:"[^"]*"|[\d.]+|null|true))/);
    if (at % 3 !== 0) parts[(at % (parts.length / 2)) * 2 + 1] = word;
    return `${parts.join("")}\n`;
  });

export const target: FuzzTarget = {
  name: "control-stream",
  promise: "rows 150, 153: of what a sidecar says only whole messages of the grammar are taken, however they are cut",
  parsers: ["src/core/wire/control-lines.ts", "src/core/wire/sidecar-message.ts", "src/core/wire/host-message.ts"],
  input: fc.oneof(
    fc.array(changed, { minLength: 1, maxLength: 4 }).map((lines) => bytesOf(lines.join(""))),
    wordsOf(
      [
        ...TYPES.split(" ").map((type) => `{"type":"${type}"`),
        ',"seq":1',
        `,"id":"${ID}"`,
        "}",
        "\n",
        '"',
        "{",
        "\\ud800",
      ],
      12,
    ),
  ),
  runs: 3000,
  check: (input) => {
    const limit = 512;
    const readings = cutInWays(input).map((pieces) => linesOf(pieces, limit));
    const [whole] = readings;
    for (const reading of readings) assert.deepEqual(reading, whole);
    // Written down a second time: lines are what stands before each LF, none longer than the limit.
    const parts = input.toString("latin1").split("\n");
    const fits = parts.every((part) => part.length <= limit);
    assert.equal(whole?.ok, fits);
    if (fits) assert.deepEqual(whole?.lines, parts.slice(0, -1));
    let taken = false;
    for (const line of parts.slice(0, -1).map((part) => Buffer.from(part, "latin1"))) {
      const said = readSidecarMessage(line);
      const told = readHostMessage(line);
      assert.ok(said === null || told === null || said.type === "secret", "no message is one of both sides");
      for (const message of [said, told]) {
        if (message === null) continue;
        taken = true;
        // What was taken is what it says: writing it again and reading that gives the same.
        const again = Buffer.from(JSON.stringify(message));
        assert.deepEqual(message === said ? readSidecarMessage(again) : readHostMessage(again), message);
      }
      if (said?.type === "audit") {
        assert.ok(["decision", "result", "usage", "session"].includes(said.event.type));
        assert.notEqual(said.event.type === "session" && said.event.event, "sealed");
      }
      if (said !== null && "id" in said) assert.match(said.id, /^[0-9a-f]{8}-[0-9a-z]+$/);
    }
    return taken;
  },
};

function linesOf(pieces: readonly Buffer[], limit: number): { ok: boolean; lines?: readonly string[] } {
  const reader = createLineReader(limit);
  const lines: string[] = [];
  for (const piece of pieces) {
    const reading = reader.push(piece);
    if (!reading.ok) return { ok: false };
    lines.push(...reading.lines.map((line) => Buffer.from(line).toString("latin1")));
  }
  return { ok: true, lines };
}
