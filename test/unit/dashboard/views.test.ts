import assert from "node:assert/strict";
import { test } from "node:test";
import type { Model } from "../../../src/dashboard/model.ts";
import { cursorLine } from "../../../src/dashboard/rows.ts";
import { textOf } from "../../../src/dashboard/spans.ts";
import { readTags, tagsIn } from "../../../src/dashboard/tags.ts";
import { update } from "../../../src/dashboard/update.ts";
import { view } from "../../../src/dashboard/view.ts";
import { bottle, FLEET, fleetModel, NOW, press } from "../../support/dashboard-models.ts";

const names = (model: Model) => (model.list ?? []).map(({ name }) => name);
const lines = (model: Model) => view(model).map(textOf);
const screen = (model: Model) => lines(model).join("\n");
const typed = (text: string) => [...text].map((character) => (character === " " ? "space" : character));

test("1 to 5: all, needs you, working, ended, egress; from a page too, and Esc shows all", () => {
  const start = fleetModel(100, 30);
  const shown = (keys: readonly string[]) => names(press(start, keys)[0]);
  assert.deepEqual(shown(["2"]), ["api-refactor", "docs-site"]);
  assert.deepEqual(shown(["3"]), ["perf-bench", "auth-fix"]);
  assert.deepEqual(shown(["4"]), ["old-spike", "changelog"]);
  assert.equal(shown(["4", "1"]).length, FLEET.length);
  assert.equal(shown(["4", "esc"]).length, FLEET.length);
  assert.equal(press(start, ["5"])[0].page?.kind, "egress");
  const [back] = press(start, ["5", "3"]);
  assert.deepEqual([back.page, names(back).length], [null, 2]);
  assert.match(screen(press(start, ["3"])[0]), /^ working {2}Esc shows all/m);
  // What is seen as ended stays so.
  const [seen] = press(start, ["G", "k", "space", "q"]);
  assert.deepEqual(names(press(seen, ["4"])[0]).sort(), ["changelog", "old-spike"]);
});

test("an empty view says so, and a filter counts within a view", () => {
  const start = fleetModel(100, 30, [bottle("one")]);
  assert.match(screen(press(start, ["4"])[0]), /no bottle here: ended; Esc shows all 1/);
  assert.deepEqual(names(press(fleetModel(100, 30), ["3", "/", ...typed("auth"), "enter"])[0]), ["auth-fix"]);
});

test("! finds what needs you whatever the view and the filter hide, and leaves both where nothing does", () => {
  const [model] = press(fleetModel(100, 30), ["3", "/", ...typed("perf"), "enter", "!"]);
  assert.deepEqual([model.cursor, model.focus, model.view, model.filter], ["api-refactor", "card", "all", ""]);
  const [none] = press(fleetModel(100, 30, [bottle("one"), bottle("two", { mark: "o" })]), ["3", "!"]);
  assert.deepEqual([none.view, none.said?.text], ["working", "nothing needs you"]);
});

test("a view follows what happens when the order settles", () => {
  const [model] = press(fleetModel(100, 30), ["3"]);
  const bottles = FLEET.map((one) => (one.name === "auth-fix" ? { ...one, mark: "o" as const } : one));
  const at = model.now + 10_000;
  const [seen] = update(model, { type: "snapshot", snapshot: { bottles, costToday: null, denied: 0 }, at });
  assert.deepEqual(names(seen), ["perf-bench", "auth-fix"]);
  assert.deepEqual(names(update(seen, { type: "tick", at: at + 2000 })[0]), ["perf-bench"]);
});

test("z gives the list, or the card, the whole screen, and takes it back", () => {
  for (const [columns, rows] of [
    [200, 60],
    [80, 24],
    [50, 16],
  ] as const) {
    const start = fleetModel(columns, rows);
    const [list] = press(start, ["z"]);
    assert.match(lines(list)[1] ?? "", /^- Needs you \(2\) -+ $/);
    assert.equal(
      lines(list).some((line) => /request 9f3a01bc-7/.test(line)),
      false,
    );
    const [card] = press(list, ["!"]);
    assert.match(lines(card)[1] ?? "", /^- > request 9f3a01bc-7.*-+ $/);
    assert.equal(
      lines(card).some((line) => /Needs you/.test(line)),
      false,
    );
    assert.equal(press(start, ["!", "z"])[0].zoom, true);
    const [back] = press(card, ["z", "tab"]);
    assert.deepEqual(lines(back).slice(1), lines({ ...start, now: back.now, keyAt: 0 }).slice(1));
    const many = fleetModel(
      columns,
      rows,
      Array.from({ length: 80 }, (_, index) => bottle(`b-${index + 10}`)),
    );
    const [end] = press(many, ["z", "G", "z"]);
    assert.ok(cursorLine(end) - end.top < rows - 3 && cursorLine(end) >= end.top);
  }
});

test("t: tags are kept, shown, found and taken away again, and mean nothing to another bottle", () => {
  const start = fleetModel(100, 30);
  const [tagged, effects] = press(start, ["t", ...typed("ci, #Slow ci"), "enter"]);
  assert.deepEqual(tagged.kept.tags, { "api-refactor": ["ci", "Slow"] });
  assert.deepEqual(
    effects.filter((effect) => effect.do === "save"),
    [{ do: "save", kept: tagged.kept }],
  );
  assert.match(screen(tagged), /api-refactor +claude +#ci #Slow POST/);
  assert.deepEqual(names(press(tagged, ["/", ...typed("t:slow")])[0]), ["api-refactor"]);
  assert.deepEqual(names(press(tagged, ["/", ...typed("ci")])[0]), ["api-refactor"]);
  assert.equal(names(press(tagged, ["/", ...typed("!t:ci")])[0]).length, FLEET.length - 1);
  const [again] = press(tagged, ["t"]);
  assert.equal(again.prompt?.text, "ci Slow");
  assert.deepEqual(press(again, ["ctrl-u", "enter"])[0].kept.tags, {});
  assert.deepEqual(press(again, ["ctrl-u", "esc"])[0].kept.tags, tagged.kept.tags);
  assert.doesNotMatch(screen(fleetModel(100, 30, [bottle("constructor")])), /#/);
});

test("tags are few and short, whoever wrote them", () => {
  assert.deepEqual(tagsIn("  a,b  #c "), ["a", "b", "c"]);
  assert.equal(tagsIn("x".repeat(100))[0]?.length, 24);
  assert.equal(tagsIn(Array.from({ length: 50 }, (_, index) => `t${index}`).join(" ")).length, 8);
  assert.deepEqual(readTags({ a: ["x y", 7], B: ["x"], c: [], d: "x", __proto__: ["x"] }), { a: ["x", "y"] });
  for (const value of [null, 7, "x", [["x"]]]) assert.deepEqual(readTags(value), {});
  const hostile = {
    ...fleetModel(60, 20),
    kept: { ...fleetModel(60, 20).kept, tags: { "auth-fix": ["\u001b[2J\u202e"] } },
  };
  for (const line of lines({ ...hostile, now: NOW })) assert.doesNotMatch(line, /[\u0000-\u001f\u202e]/);
});
