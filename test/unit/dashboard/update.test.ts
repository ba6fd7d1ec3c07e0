import assert from "node:assert/strict";
import { test } from "node:test";
import type { Model } from "../../../src/dashboard/model.ts";
import { cardItem, cursorLine } from "../../../src/dashboard/rows.ts";
import { textOf } from "../../../src/dashboard/spans.ts";
import { update } from "../../../src/dashboard/update.ts";
import { view } from "../../../src/dashboard/view.ts";
import { after, bottle, FLEET, fleetModel, NOW, press, request } from "../../support/dashboard-models.ts";

const names = (model: Model) => (model.list ?? []).map(({ name }) => name);
const screen = (model: Model) => view(model).map(textOf).join("\n");
const typed = (text: string) => [...text].map((character) => (character === " " ? "space" : character));
const runs = (effects: readonly { readonly do: string }[]) =>
  effects.flatMap((effect) => ("words" in effect ? [effect.words] : []));

test("bottles are grouped by need, in each group the oldest first", () => {
  const order = ["api-refactor", "docs-site", "perf-bench", "auth-fix", "i18n", "old-spike", "changelog", "scratch"];
  assert.deepEqual(names(fleetModel(100, 30)), order);
});

test("what is not known is never drawn as quiet", () => {
  const text = screen(fleetModel(100, 30));
  assert.match(text, /state not known \(1\)[^\n]*\n.*~ i18n/);
  assert.match(text, /Quiet \(1\)[^\n]*\n.*o scratch/);
});

test("! goes to the card of the oldest need, a allows it once; the list has no such key", () => {
  const start = fleetModel(100, 30);
  assert.deepEqual(runs(press(start, ["a", "A", "enter"])[1]), []);
  const [model, effects] = press(start, ["!", "a"]);
  assert.equal(cardItem(model)?.id, "9f3a01bc-7");
  assert.deepEqual(runs(effects), [["allow", "9f3a01bc-7", "--as", "dashboard"]]);
  assert.deepEqual(runs(press(start, ["!", "A"])[1]), [["allow", "9f3a01bc-7", "--for", "1h", "--as", "dashboard"]]);
});

test("a card that has just come takes no answer for 400 ms, and Enter none at all", () => {
  const start = fleetModel(100, 30);
  const at = NOW + 5000;
  const quick = (wait: number) =>
    runs(
      after(start, [
        { type: "key", key: "!", at },
        { type: "key", key: "a", at: at + wait },
      ])[1],
    );
  assert.deepEqual(quick(399), []);
  assert.equal(quick(400).length, 1);
  assert.deepEqual(runs(press(start, ["!", "enter", "enter", "enter"])[1]), []);
});

test("a card whose content changes under the hand is a new card", () => {
  const [model] = press(fleetModel(100, 30), ["!"]);
  const changed = FLEET.map((one) =>
    one.name === "api-refactor"
      ? { ...one, items: [request("api-refactor", "9f3a01bc-7", { review: "abcdefabcdef" })] }
      : one,
  );
  const at = model.now + 10_000;
  const snapshot = { bottles: changed, costToday: null, denied: 0 };
  const [, early] = after(model, [
    { type: "snapshot", snapshot, at },
    { type: "key", key: "a", at: at + 100 },
  ]);
  assert.deepEqual(runs(early), []);
  const [, late] = after(model, [
    { type: "snapshot", snapshot, at },
    { type: "key", key: "a", at: at + 900 },
  ]);
  assert.deepEqual(runs(late), [["allow", "9f3a01bc-7", "--review", "abcdefabcdef", "--as", "dashboard"]]);
});

test("keys of a card whose request has gone do nothing to the bottle", () => {
  const [model] = press(fleetModel(100, 30), ["!"]);
  const bottles = FLEET.map((one) => (one.name === "api-refactor" ? { ...one, items: [] } : one));
  const [gone] = update(model, {
    type: "snapshot",
    snapshot: { bottles, costToday: null, denied: 0 },
    at: model.now + 1,
  });
  for (const key of ["s", "a", "d", "x", "e"]) {
    const [back, effects] = press(gone, [key]);
    assert.deepEqual(runs(effects), [], key);
    assert.equal(back.focus, "list");
    assert.equal(back.prompt, null);
  }
});

test("row 132: what the card has no room for is not allowed before it was seen whole", () => {
  const path = `/${"a".repeat(600)}?secret=1`;
  const long = FLEET.map((one) =>
    one.name === "api-refactor"
      ? { ...one, items: [request("api-refactor", "9f3a01bc-7", { title: `GET https://x.example.com:443${path}` })] }
      : one,
  );
  for (const [columns, rows, bottles] of [
    [100, 30, long],
    [60, 5, FLEET],
    [20, 8, FLEET],
    [1, 1, FLEET],
  ] as const) {
    const snapshot = { bottles, costToday: null, denied: 0 };
    const [start] = after(fleetModel(columns, rows), [{ type: "snapshot", snapshot, at: NOW + 1000 }]);
    const [card, effects] = press(start, ["!", "a", "A"]);
    assert.deepEqual(runs(effects), [], `${columns}x${rows}`);
    assert.match(card.said?.text ?? "", /look at the whole page/);
    assert.match(String(runs(press(start, ["!", "d", "enter"])[1])[0]), /^deny/, "a no needs nothing");
    const [back] = press(card, ["space", "q"]);
    assert.match(String(runs(press(back, ["a"])[1])[0]), /^allow/, `${columns}x${rows}`);
  }
});

test("d asks for a reason, which goes along as one word", () => {
  const [, effects] = press(fleetModel(100, 30), ["!", "d", ...typed("use --the mirror"), "enter"]);
  assert.deepEqual(runs(effects), [["deny", "9f3a01bc-7", "--reason=use --the mirror", "--as", "dashboard"]]);
});

test("what is risky is allowed only when the host's last label was typed", () => {
  const items = [
    request("api-refactor", "9f3a01bc-7", {
      flags: [{ code: "look-alike", text: "host looks like another", stops: true }],
      review: "0123456789ab",
    }),
  ];
  const start = fleetModel(100, 30, [bottle("api-refactor", { items })]);
  assert.deepEqual(runs(press(start, ["!", "a", ...typed("yes"), "enter"])[1]), []);
  assert.deepEqual(runs(press(start, ["!", "a", "enter"])[1]), []);
  const [, effects] = press(start, ["!", "a", ...typed("com"), "enter"]);
  assert.deepEqual(runs(effects), [
    ["allow", "9f3a01bc-7", "--review", "0123456789ab", "--accept", "look-alike", "--as", "dashboard"],
  ]);
});

test("what is pasted is never a key", () => {
  const [model, effects] = after(fleetModel(100, 30), [
    { type: "paste", text: "qXa\r!a", at: NOW + 1000 },
    { type: "key", key: "!", at: NOW + 2000 },
    { type: "paste", text: "aaa\n", at: NOW + 3000 },
  ]);
  assert.deepEqual(
    effects.filter((effect) => effect.do !== "peek"),
    [],
  );
  assert.equal(model.page, null);
});

test("a removal wants the name, waits 30 s, and u takes it back", () => {
  const [model] = press(fleetModel(100, 30), ["G", "k"]);
  assert.equal(model.cursor, "changelog");
  assert.equal(press(model, ["X", ...typed("changes"), "enter"])[0].removals.length, 0);
  const [waiting, before] = press(model, ["X", ...typed("changelog"), "enter"]);
  assert.deepEqual(runs(before), []);
  const at = waiting.removals[0]?.at ?? 0;
  assert.deepEqual(runs(after(waiting, [{ type: "tick", at: at - 1 }])[1]), []);
  assert.deepEqual(runs(after(waiting, [{ type: "tick", at }])[1]), [["rm", "changelog"]]);
  const [undone] = press(waiting, ["u"]);
  assert.deepEqual(runs(after(undone, [{ type: "tick", at }])[1]), []);
});

test("a removal is forgotten when its name is another bottle's by then", () => {
  const [model] = press(fleetModel(100, 30), ["G", "k"]);
  const [waiting] = press(model, ["X", ...typed("changelog"), "enter"]);
  const bottles = FLEET.map((one) => (one.name === "changelog" ? { ...one, run: "changelog 2" } : one));
  const at = waiting.now + 60_000;
  const snapshot = { bottles, costToday: null, denied: 0 };
  assert.deepEqual(
    runs(
      after(waiting, [
        { type: "snapshot", snapshot, at: waiting.now + 1 },
        { type: "tick", at },
      ])[1],
    ),
    [],
  );
});

test("a bottle that runs is stopped after y, and not removed", () => {
  const [model] = press(fleetModel(100, 30), ["j", "j"]);
  assert.deepEqual(runs(press(model, ["x", "y"])[1]), [["stop", "perf-bench"]]);
  for (const key of ["n", "enter", "esc", "x"]) assert.deepEqual(runs(press(model, ["x", key])[1]), [], key);
  assert.equal(press(model, ["X"])[0].prompt, null);
});

test("u after an answer takes it back, once", () => {
  const purpose = { for: "answer", item: "9f3a01bc-7", bottle: "api-refactor", answer: "for" } as const;
  const [answered] = update(fleetModel(100, 30), { type: "ran", purpose, ok: true, text: "allowed" });
  const [model, effects] = press(answered, ["u"]);
  assert.deepEqual(runs(effects), [["undo", "9f3a01bc-7", "--as", "dashboard"]]);
  assert.deepEqual(runs(press(model, ["u"])[1]), []);
});

test("a allows for an hour what was asked for before there is a request, r answers a question in words", () => {
  const access = request("api-refactor", "9f3a01bc-7", { kind: "access", answers: ["for", "bottle", "edit", "deny"] });
  const start = fleetModel(100, 30, [bottle("api-refactor", { items: [access] })]);
  const forAnHour = ["allow", "9f3a01bc-7", "--for", "1h", "--as", "dashboard"];
  assert.deepEqual(runs(press(start, ["!", "a"])[1]), [forAnHour]);
  const asked = fleetModel(100, 30, [FLEET.find(({ name }) => name === "docs-site") ?? bottle("none")]);
  const [, effects] = press(asked, ["!", "r", ...typed("keep them"), "enter"]);
  assert.deepEqual(runs(effects), [["allow", "1c22aa00-2", "--words=keep them", "--as", "dashboard"]]);
  assert.equal(press(start, ["!", "r"])[0].prompt, null);
});

test("--read-only: no key and no command acts", () => {
  const start = fleetModel(100, 30, FLEET, true);
  for (const keys of [["!", "a"], ["!", "A"], ["!", "d"], ["!", "e"], ["n"], ["N"], ["x"], ["G", "r"], ["s"], ["u"]]) {
    const [model, effects] = press(start, keys);
    assert.deepEqual(runs(effects), [], keys.join(" "));
    assert.match(model.said?.text ?? "", /read-only/, keys.join(" "));
  }
  for (const words of ["stop auth-fix", "allow 9f3a01bc-7", "archive prune", "doctor --fix", "rm x", "prune"]) {
    assert.deepEqual(runs(press(start, [":", ...typed(words), "enter"])[1]), [], words);
  }
  const [, attach] = press(start, ["enter"]);
  assert.deepEqual(
    attach.filter((effect) => effect.do === "attach"),
    [{ do: "attach", bottle: "api-refactor", readOnly: true }],
  );
});

test("the filter: words, states, agents, hosts and their inverse", () => {
  const filtered = (words: string) => names(press(fleetModel(100, 30), ["/", ...typed(words)])[0]);
  assert.deepEqual(filtered("auth"), ["auth-fix"]);
  assert.deepEqual(filtered("s:blocked"), ["api-refactor", "docs-site"]);
  assert.deepEqual(filtered("a:codex"), ["docs-site"]);
  assert.deepEqual(filtered("host:files.example"), ["api-refactor"]);
  assert.deepEqual(filtered("!a:claude"), ["docs-site", "i18n", "scratch"]);
  assert.equal(names(press(fleetModel(100, 30), ["/", ...typed("auth"), "esc"])[0]).length, FLEET.length);
});

test("new bottles come last and the cursor keeps its line; the order settles after 2 s without a key", () => {
  const [model] = press(fleetModel(100, 30), ["j", "j", "j"]);
  const line = cursorLine(model) - model.top;
  const more = [bottle("newcomer", { items: [request("newcomer", "aaaaaaaa-1", { createdAt: 0 })] }), ...FLEET];
  const at = model.now + 60_000;
  const [seen] = update(model, { type: "snapshot", snapshot: { bottles: more, costToday: null, denied: 0 }, at });
  assert.equal(names(seen).at(-1), "newcomer");
  assert.equal(cursorLine(seen) - seen.top, line);
  assert.equal(seen.cursor, model.cursor);
  const [early] = update(seen, { type: "tick", at: at + 1999 });
  assert.equal(names(early).at(-1), "newcomer");
  const [later] = update(seen, { type: "tick", at: at + 2000 });
  assert.equal(names(later)[0], "newcomer");
  assert.equal(later.cursor, model.cursor);
});

test("each item is told once and after five minutes again; of a muted bottle never", () => {
  const [model, first] = after(fleetModel(100, 30, []), [
    { type: "snapshot", snapshot: { bottles: FLEET, costToday: null, denied: 0 }, at: NOW + 1 },
    { type: "tick", at: NOW + 1000 },
    { type: "tick", at: NOW + 2000 },
  ]);
  const told = (effects: typeof first) => effects.filter((effect) => effect.do === "notify").length;
  assert.equal(told(first), 2);
  const times = [299_000, 300_001, 301_000, 900_000].map((ms) => ({ type: "tick", at: NOW + ms }) as const);
  assert.equal(told(after(model, times)[1]), 2);
  const [muted] = press(fleetModel(100, 30, []), []);
  const quiet = { ...muted, kept: { ...muted.kept, muted: ["api-refactor", "docs-site"] } };
  const seen = after(quiet, [
    { type: "snapshot", snapshot: { bottles: FLEET, costToday: null, denied: 0 }, at: NOW + 1 },
    ...times,
  ]);
  assert.equal(told(seen[1]), 0);
});

test("the form: choices, a prompt of several lines, Ctrl-S; N keeps all but the prompt", () => {
  const [opened, asked] = press(fleetModel(100, 30), ["n"]);
  assert.deepEqual(
    asked.map((effect) => effect.do),
    ["choices"],
  );
  const [form] = update(opened, { type: "choices", agents: ["claude", "shell"], bottles: ["default", "strict"] });
  const [filled] = press(form, ["right", "enter", "right", "right", "enter", ...typed("~/app"), "enter"]);
  const [pasted] = update(filled, { type: "paste", text: "fix it\r\n--rm", at: NOW + 9000 });
  const [sent, effects] = press(pasted, ["ctrl-s"]);
  assert.deepEqual(runs(effects), [["start", "-d", "--prompt=fix it\n--rm", "--bottle=strict", "shell", "~/app"]]);
  assert.equal(sent.form, null);
  const [, again] = press(sent, ["N", ...typed("more"), "ctrl-s"]);
  assert.deepEqual(runs(again), [["start", "-d", "--prompt=more", "--bottle=strict", "shell", "~/app"]]);
});

test("what was seen of one run is not seen of the next", () => {
  const [model] = press(fleetModel(100, 30), ["G", "k", "space", "q"]);
  assert.equal(model.list?.find(({ name }) => name === "changelog")?.group, "quiet");
  const bottles = FLEET.map((one) => (one.name === "changelog" ? { ...one, run: "changelog 2" } : one));
  const [next] = after(model, [
    { type: "snapshot", snapshot: { bottles, costToday: null, denied: 0 }, at: model.now + 1 },
    { type: "tick", at: model.now + 9000 },
  ]);
  assert.equal(next.list?.find(({ name }) => name === "changelog")?.group, "done");
});
