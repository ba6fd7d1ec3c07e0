import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Question } from "../../../src/core/model/question.ts";
import type { ApprovalRequest } from "../../../src/session/approvals.ts";
import { askControl } from "../../../src/session/control.ts";
import { readItems } from "../../../src/state/proposals.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl");
const HOST = "model.example.com";
/** Four tokens for a tenth of a cent each. */
const PRICES = { "made-up": { input: 1000, output: 1000 } };
const ANSWER = JSON.stringify({ type: "message", model: "made-up-1", usage: { input_tokens: 3, output_tokens: 1 } });

async function world(t: TestContext, budget: object, command = "echo up; sleep 300") {
  let answered = 0;
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === "/v1/messages") answered += 1;
    response.setHeader("content-type", "application/json");
    response.end(request.url === "/v1/messages" ? ANSWER : "else");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const operator = newOperator();
  const { port } = server.address() as AddressInfo;
  const rules = [{ host: HOST, scheme: "http", dial: { address: "127.0.0.1", port } }];
  operator.writeManifest(JSON.stringify({ bottles: { default: { egress: { rules }, budget, prices: PRICES } } }));
  const child = operator.spawn(["start", "shell", "--without-cgroup", "--name", "one", "-p", command]);
  child.stdin?.end();
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  t.after(async () => {
    child.kill("SIGKILL");
    await closed;
    await operator.bottle(["rm", "--force", "--discard", "one"]);
    await operator.bottle(["prune"]);
    operator[Symbol.dispose]();
  });
  await eventually("the agent runs", () => said.includes("up"));
  const folder = join(operator.home, ".local/state/bot-bottle/bottles/one");
  const record = () => JSON.parse(readFileSync(join(folder, "record.json"), "utf8"));
  return {
    operator,
    child,
    closed,
    folder,
    record,
    answered: () => answered,
    errors: () => errors,
    async curl(path: string) {
      const words = ["exec", "one", "--", "curl", "-sS", "-w", "\n%{http_code}", "-d", "{}", `http://${HOST}${path}`];
      const { stdout } = await operator.bottle(words);
      const cut = stdout.lastIndexOf("\n");
      return { status: Number(stdout.slice(cut + 1)), text: stdout.slice(0, cut) };
    },
    control: (request: ApprovalRequest) => askControl(join(record().run, "control.sock"), request, 10_000),
    question: () =>
      eventually("the budget is asked about", async () => {
        const [item] = await readItems(join(folder, "proposals"));
        return item !== undefined && "kind" in item ? (item satisfies Question) : null;
      }),
  };
}

test("a budget warns, holds, goes on with as much again, and refuses after a no", { skip }, async (t) => {
  const one = await world(t, { usd: 0.01, warnAt: 0.5 });
  for (const expected of [1, 2, 3]) {
    assert.equal((await one.curl("/v1/messages")).status, 200);
    assert.equal(one.answered(), expected);
  }
  const first = await one.question();
  assert.equal(first.kind, "budget");
  assert.match(first.evidence.join("\n"), /used \$0\.01 of its budget of \$0\.01/);
  await eventually("it was told", () => existsSync(join(one.folder, "incidents/budget.json")));
  assert.match(one.errors(), /one has used 80 % of its budget of \$0\.01/);
  const held = one.curl("/v1/messages");
  assert.equal((await one.curl("/else")).status, 200, "everything else goes on");
  const [row] = JSON.parse((await one.operator.bottle(["ls", "--format", "json"])).stdout);
  assert.deepEqual([row.activity.state, row.activity.source], ["needs-you", "inbox"]);
  assert.equal(one.answered(), 3);

  assert.equal((await one.operator.bottle(["allow", first.id])).code, 0);
  assert.equal((await held).status, 200);
  assert.equal((await one.control({ do: "deny", id: first.id, reason: null }))?.code, "APPROVAL_SETTLED");
  assert.equal((await one.curl("/v1/messages")).status, 200);
  const second = await one.question();
  assert.notEqual(second.id, first.id);
  const late = one.curl("/v1/messages");
  assert.equal((await one.control({ do: "deny", id: second.id, reason: "enough" }))?.ok, true);
  for (const { status, text } of [await late, await one.curl("/v1/messages")]) {
    assert.equal(status, 403);
    assert.match(text, /"reason":"budget-used"/);
  }
  assert.equal(one.answered(), 5);
  const audit = (await one.operator.bottle(["audit", "one"])).stdout;
  assert.match(
    audit,
    new RegExp(
      `answer {3}${first.id} allow once by \\S+ \\(cli\\)[\\s\\S]*answer {3}${second.id} deny by \\S+ \\(cli\\)`,
    ),
  );
  assert.match(audit, /requests to models are held: its budget[\s\S]*are open[\s\S]*are held[\s\S]*are closed/);
});

test("a host process that is killed loses nothing that was written, and the next run knows it", { skip }, async (t) => {
  const one = await world(t, { tokens: 10 });
  for (let count = 0; count < 2; count++) assert.equal((await one.curl("/v1/messages")).status, 200);
  // What an answer used is written behind it.
  const log = () => readFileSync(join(one.folder, "audit.jsonl"), "utf8");
  await eventually("both are written", () => log().split('"type":"usage"').length === 3);
  one.child.kill("SIGKILL");
  await one.closed;
  const { total } = JSON.parse((await one.operator.bottle(["cost", "one", "--format", "json"])).stdout);
  assert.deepEqual([total.requests, total.inputTokens, total.outputTokens, total.costMicros], [2, 6, 2, 8000]);
  const [row] = JSON.parse((await one.operator.bottle(["ls", "--format", "json"])).stdout);
  assert.deepEqual([row.activity.state, row.usage.costMicros], ["failed", 8000]);
  const again = one.operator.spawn(["resume", "one", "-p", "echo up; sleep 300"]);
  again.stdin?.end();
  let said = "";
  again.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  again.stderr?.resume();
  const closed = new Promise((resolve) => again.once("close", resolve));
  try {
    await eventually("it runs again", () => said.includes("up"));
    assert.equal((await one.curl("/v1/messages")).status, 200);
    assert.match((await one.question()).evidence.join("\n"), /used 12 tokens of its budget of 10 tokens/);
  } finally {
    again.kill("SIGKILL");
    await closed;
  }
});

test("a bottle that is to end at its budget ends, and its record says why", { skip }, async (t) => {
  const one = await world(t, { tokens: 4, atLimit: "stop" });
  // Its end may take the client along before that has said anything.
  await one.curl("/v1/messages");
  assert.equal(one.answered(), 1);
  assert.equal(await one.closed, 124);
  assert.deepEqual([one.record().exitCode, one.record().endReason], [124, "budget"]);
  assert.match(one.errors(), /one is ended: its budget of 4 tokens is used up/);
  assert.match((await one.operator.bottle(["why", "one"])).stdout, /one is stopped: its budget was used up/);
  assert.equal((await one.operator.bottle(["audit", "one", "--verify"])).code, 0);
});

test("a day's budget counts all bottles of the definition, removed ones too", { skip }, async (t) => {
  const one = await world(t, { perDay: { tokens: 6 } });
  assert.equal((await one.curl("/v1/messages")).status, 200);
  assert.equal((await one.operator.bottle(["stop", "--grace", "0", "one"])).code, 0);
  await one.closed;
  assert.equal((await one.operator.bottle(["rm", "--discard", "one"])).code, 0);
  const child = one.operator.spawn(["start", "shell", "--without-cgroup", "--name", "one", "-p", "echo up; sleep 300"]);
  child.stdin?.end();
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  child.stderr?.resume();
  const closed = new Promise((resolve) => child.once("close", resolve));
  try {
    await eventually("another one runs", () => said.includes("up"));
    assert.equal((await one.curl("/v1/messages")).status, 200);
    assert.match((await one.question()).evidence.join("\n"), /used 8 tokens of today's budget of 6 tokens/);
  } finally {
    child.kill("SIGKILL");
    await closed;
  }
});
