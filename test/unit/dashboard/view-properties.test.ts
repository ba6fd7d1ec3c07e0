import assert from "node:assert/strict";
import { test } from "node:test";
import { cut, plain, width, wrapped } from "../../../src/dashboard/columns.ts";
import type { DashboardEvent, Key } from "../../../src/dashboard/events.ts";
import type { BottleView, Mark } from "../../../src/dashboard/model.ts";
import { cursorLine } from "../../../src/dashboard/rows.ts";
import { lineWidth, textOf } from "../../../src/dashboard/spans.ts";
import { update } from "../../../src/dashboard/update.ts";
import { view } from "../../../src/dashboard/view.ts";
import { bottle, fleetModel, NOW, request } from "../../support/dashboard-models.ts";
import fc from "../../support/properties.ts";

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
const words = fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.string({ unit: "grapheme", maxLength: 60 }));
const marks: readonly Mark[] = ["*", "#", "o", "x", "~"];

const anyBottle = fc
  .record({
    name: fc.stringMatching(/^[a-z][a-z0-9-]{0,40}$/),
    mark: fc.constantFrom(...marks),
    text: words,
    waits: fc.boolean(),
    age: fc.nat(9_000_000),
  })
  .map(
    ({ name, mark, text, waits, age }): BottleView =>
      bottle(name, {
        ...{ mark, what: text, agent: text, workspace: text, since: NOW - age, running: mark !== "#" && mark !== "x" },
        items: waits
          ? [
              request(name, `${String(age % 100_000_000).padStart(8, "0")}-1`, {
                title: text,
                words: text,
                adds: [text],
              }),
            ]
          : [],
      }),
  );
const fleets = fc.uniqueArray(anyBottle, { maxLength: 30, selector: ({ name }) => name });
const sizes = fc.record({ columns: fc.integer({ min: 1, max: 220 }), rows: fc.integer({ min: 1, max: 70 }) });
const KEYS: readonly Key[] = [
  ...[
    "j",
    "k",
    "g",
    "G",
    "!",
    "tab",
    "enter",
    "space",
    "?",
    "e",
    "w",
    "n",
    "N",
    "/",
    ":",
    "x",
    "X",
    "y",
    "esc",
    "q",
    "d",
    "a",
    "A",
  ],
  ...[
    "s",
    "u",
    "m",
    "[",
    "]",
    "ctrl-d",
    "ctrl-u",
    "pagedown",
    "漢",
    "z",
    "t",
    "1",
    "2",
    "3",
    "4",
    "5",
    "left",
    "right",
    "backspace",
    "ctrl-w",
  ],
];
const keys = fc.array(fc.constantFrom(...KEYS), { maxLength: 25 });

test("whatever happens: exactly as many lines as the screen has, each exactly as wide, and no control character", () => {
  fc.assert(
    fc.property(fleets, sizes, keys, words, (fleet, { columns, rows }, pressed, text) => {
      let model = fleetModel(columns, rows, fleet);
      const events: DashboardEvent[] = [
        ...pressed.map((key, at): DashboardEvent => ({ type: "key", key, at: NOW + at * 500 })),
        { type: "paste", text, at: NOW + 50_000 },
        { type: "peek", bottle: fleet[0]?.name ?? "", lines: [text] },
        { type: "egress", lines: [{ bottle: text, at: NOW, text, denied: true, passed: false }] },
        { type: "said", text, bad: true },
      ];
      for (const event of events) {
        [model] = update(model, event);
        const lines = view(model);
        assert.equal(lines.length, rows < 5 || columns < 20 ? Math.max(1, lines.length) : rows);
        for (const line of lines) {
          assert.equal(lineWidth(line), columns);
          assert.doesNotMatch(textOf(line), CONTROL);
        }
      }
    }),
    { numRuns: 150 },
  );
});

test("what is read never moves the line of the cursor, and never the cursor to another bottle", () => {
  fc.assert(
    fc.property(fleets, fleets, keys, sizes, (before, now, pressed, { columns, rows }) => {
      let model = fleetModel(columns, Math.max(rows, 6), before);
      for (const [at, key] of pressed.entries()) {
        if ("jkgG".includes(key)) [model] = update(model, { type: "key", key, at: NOW + at });
      }
      const [next] = update(model, {
        type: "snapshot",
        snapshot: { bottles: now, costToday: null, denied: 0 },
        at: model.now,
      });
      if (model.cursor === null) return;
      assert.equal(next.cursor, model.cursor);
      assert.equal(cursorLine(next) - next.top, cursorLine(model) - model.top);
    }),
    { numRuns: 300 },
  );
});

test("the cursor is on the screen after every key", () => {
  fc.assert(
    fc.property(fleets, keys, fc.integer({ min: 8, max: 40 }), (fleet, pressed, rows) => {
      let model = fleetModel(120, rows, fleet);
      for (const [at, key] of pressed.entries()) [model] = update(model, { type: "key", key, at: NOW + at * 500 });
      if (model.cursor === null || model.page !== null || model.form !== null) return;
      const line = cursorLine(model) - model.top;
      assert.ok(line >= 0 && line < rows - 3, `line ${line} of ${rows - 3}`);
    }),
    { numRuns: 300 },
  );
});

test("text is cut and wrapped to its columns, and none of it is lost by wrapping", () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 2, max: 40 }), (raw, columns) => {
      const text = plain(raw);
      assert.equal(plain(text), text);
      assert.ok(width(cut(text, columns)) <= columns);
      const lines = wrapped(text, columns);
      for (const line of lines) assert.ok(width(line) <= columns);
      assert.equal(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
    }),
  );
});
