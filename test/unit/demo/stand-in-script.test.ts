import assert from "node:assert/strict";
import { test } from "node:test";
import { readMessagesRequest, replyEvents, replyMessage } from "../../../src/demo/messages-api.ts";
import { nextReply, sceneResult } from "../../../src/demo/script.ts";
import fc from "../../support/properties.ts";

const SCENES = [
  { prompt: "first thing", command: "one", answer: (result: string) => `1: ${result}` },
  { prompt: "second thing", command: "two", answer: (result: string) => `2: ${result}` },
];

function request(messages: readonly unknown[], more: Record<string, unknown> = {}) {
  const tools = [{ name: "Bash" }];
  const read = readMessagesRequest(
    JSON.stringify({ model: "m", max_tokens: 8, messages, tools, stream: true, ...more }),
  );
  assert.ok(read.ok, read.ok ? "" : read.problem);
  return read.request;
}

const user = (...texts: string[]) => ({ role: "user", content: texts.map((text) => ({ type: "text", text })) });
const result = (id: string, content: unknown) => ({
  role: "user",
  content: [{ type: "tool_result", tool_use_id: id, content }],
});

test("a prompt of the script gets its tool call, the result its words", () => {
  const first = request([user("<reminder/>", "please do the second thing"), { role: "system", content: "x" }]);
  const call = nextReply(SCENES, first);
  assert.ok(call.kind === "tool");
  assert.deepEqual([call.name, call.input.command], ["Bash", "two"]);
  const asked = [user("second thing"), { role: "assistant", content: [{ type: "tool_use", id: call.id }] }];
  for (const content of ["out", [{ type: "text", text: "out" }]]) {
    const second = request([...asked, result(call.id, content)]);
    assert.deepEqual(nextReply(SCENES, second), { kind: "text", text: "2: out" });
    assert.equal(sceneResult(second, 1), "out");
    assert.equal(sceneResult(second, 0), null);
  }
});

test("what the script does not know, or has no Bash for, gets small talk", () => {
  assert.equal(nextReply(SCENES, request([user("third thing")])).kind, "text");
  assert.equal(nextReply(SCENES, request([user("first thing")], { tools: [] })).kind, "text");
  assert.equal(nextReply(SCENES, request([user("x"), result("toolu_other", "first thing done")])).kind, "text");
});

test("tools that the provider would run are told from the agent's own", () => {
  const tools = [
    { name: "Bash" },
    { type: "custom", name: "Edit" },
    { type: "web_search_20250305", name: "web_search" },
  ];
  const read = request([user("x")], { tools });
  assert.deepEqual([read.tools, read.serverTools], [["Bash", "Edit"], ["web_search_20250305"]]);
});

test("malformed requests are refused with the field's name", () => {
  const good = { model: "m", max_tokens: 1, messages: [{ role: "user", content: "x" }] };
  for (const [change, problem] of [
    [{ model: 1 }, "model"],
    [{ max_tokens: 0 }, "max_tokens"],
    [{ messages: [] }, "messages"],
    [{ messages: [{ role: "robot", content: "x" }] }, "role"],
    [{ messages: [{ role: "user", content: [{ type: "text" }] }] }, "text"],
    [{ tools: {} }, "tools"],
  ] as const) {
    const read = readMessagesRequest(JSON.stringify({ ...good, ...change }));
    assert.ok(!read.ok && read.problem.includes(problem), JSON.stringify(change));
  }
});

test("no body makes the reader throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (body) => void readMessagesRequest(body)));
  const message = fc.record({ role: fc.constantFrom("user", "assistant"), content: fc.jsonValue() });
  const body = fc.record({
    model: fc.constant("m"),
    max_tokens: fc.constant(1),
    messages: fc.array(message),
    tools: fc.jsonValue(),
  });
  fc.assert(fc.property(body, (value) => void readMessagesRequest(JSON.stringify(value))));
});

test("the streamed answer holds the same text as the whole one", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const events = replyEvents("id", "m", { kind: "text", text }).map((event) => {
        const [kind = "", data = ""] = event.trimEnd().split("\n");
        const parsed = JSON.parse(data.slice("data: ".length));
        assert.equal(kind, `event: ${parsed.type}`);
        return parsed;
      });
      const streamed = events.map(({ delta }) => delta?.text ?? "").join("");
      assert.equal(streamed, text);
      assert.equal(JSON.parse(replyMessage("id", "m", { kind: "text", text })).content[0].text, text);
    }),
  );
});
