import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { mock, test } from "node:test";
import { type HostOrder, openHostStream } from "../../../src/sidecar/host-stream.ts";

function open() {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const orders: HostOrder[] = [];
  const ends: string[] = [];
  const stream = openHostStream(
    input,
    output,
    (order) => orders.push(order),
    (why) => ends.push(why),
  );
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { input, output, orders, ends, stream, turn };
}

const event = { type: "session", event: "tls-failed", detail: "x" } as const;

test("row 131: a question whose answer never comes is refused when the stream ends, and so is every later one", async () => {
  const { input, ends, stream } = open();
  const asked = stream.ask({ type: "audit", event });
  input.end();
  await assert.rejects(asked, /closed the stream/);
  await assert.rejects(stream.ask({ type: "audit", event }), /closed the stream/);
  assert.equal(ends.length, 1);
});

test("a message of the host process that is not understood, or answers nothing, ends the stream", async () => {
  for (const line of ['{"type":"grant"}', "x", '{"type":"done","seq":9,"ok":true}', '{"type":"ping","more":1}']) {
    const { input, ends, orders, turn } = open();
    input.write(`${line}\n{"type":"ping"}\n`);
    await turn();
    assert.deepEqual([ends.length, orders.length], [1, 0], line);
  }
});

test("what the host process would not understand is refused here: no text of an agent can end the sidecar", async () => {
  const { output, stream, ends } = open();
  await assert.rejects(
    stream.ask({ type: "audit", event: { ...event, detail: "x".repeat(5000) } }),
    /could not be told/,
  );
  assert.equal(output.read(), null);
  // Half a character, where a text was cut.
  void stream.ask({ type: "audit", event: { ...event, detail: "\ud83d" } }).catch(() => undefined);
  assert.match(String(output.read()), /\ufffd/);
  assert.deepEqual(ends, []);
});

test("a host process that says nothing for a minute is taken for gone", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const now = mock.method(performance, "now", () => 0);
  try {
    const { ends, input, turn } = open();
    input.write('{"type":"ping"}\n');
    await turn();
    now.mock.mockImplementation(() => 59_000);
    mock.timers.tick(5_000);
    assert.deepEqual(ends, []);
    now.mock.mockImplementation(() => 61_000);
    mock.timers.tick(5_000);
    assert.match(ends[0] ?? "", /no word of the host process for 60 s/);
  } finally {
    mock.timers.reset();
    now.mock.restore();
  }
});
