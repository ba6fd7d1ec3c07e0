import assert from "node:assert/strict";
import { test } from "node:test";
import type { DashboardEvent } from "../../../src/dashboard/events.ts";
import type { Model } from "../../../src/dashboard/model.ts";
import { type PointerReport, pointerSieve } from "../../../src/dashboard/pointer-reports.ts";
import { cursorLine } from "../../../src/dashboard/rows.ts";
import { textOf } from "../../../src/dashboard/spans.ts";
import { view } from "../../../src/dashboard/view.ts";
import { after, bottle, fleetModel, press } from "../../support/dashboard-models.ts";
import fc from "../../support/properties.ts";

const ESC = "\u001b";
const pieces = (text: string, cuts: readonly number[]) => {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort((a, b) => a - b);
  return places.slice(1).map((end, at) => text.slice(places[at], end));
};
function sift(all: readonly string[]) {
  const sieve = pointerSieve();
  const sifted = all.map(sieve);
  return { rest: sifted.map(({ rest }) => rest).join(""), reports: sifted.flatMap(({ reports }) => reports) };
}

type Token = readonly [text: string, rest: string, reports: readonly PointerReport[]];
const cells = fc.record({ column: fc.integer({ min: 1, max: 9999 }), row: fc.integer({ min: 1, max: 9999 }) });
const mouse = fc
  .record({
    button: fc.constantFrom(0, 1, 2, 3, 4, 16, 32, 64, 65, 66, 128),
    cell: cells,
    end: fc.constantFrom("M", "m"),
  })
  .map(({ button, cell: { column, row }, end }): Token => {
    const kind = ({ 0: "press", 64: "wheel-up", 65: "wheel-down" } as const)[button as 0];
    const reports = end === "M" && kind !== undefined ? [{ kind, column, row }] : [];
    return [`${ESC}[<${button};${column};${row}${end}`, "", reports];
  });
const focus = fc.constantFrom<Token>([`${ESC}[I`, "", [{ kind: "focus" }]], [`${ESC}[O`, "", [{ kind: "blur" }]]);
const old = fc
  .string({ minLength: 3, maxLength: 3, unit: "grapheme-ascii" })
  .map((text): Token => [`${ESC}[M${text}`, "", []]);
const typed = fc.constantFrom(
  "a",
  "M",
  "<0;1;1M",
  `${ESC}[A`,
  `${ESC}[2~`,
  `${ESC}OA`,
  `${ESC}[1;5C`,
  "é漢",
  "\r",
  "x y",
);
const keys = typed.map((text): Token => [text, text, []]);
const paste = fc
  .array(fc.constantFrom("a", `${ESC}[<0;1;1M`, `${ESC}[I`, `${ESC}[M!!!`, "\n"), { maxLength: 5 })
  .map((parts): Token => {
    const text = `${ESC}[200~${parts.join("")}${ESC}[201~`;
    return [text, text, []];
  });
const tokens = fc.array(fc.oneof(mouse, focus, old, keys, paste), { maxLength: 12 });
const cuts = fc.array(fc.nat(500), { maxLength: 12 });

test("reports are taken out wherever the pieces end, keys and pastes are left as they are", () => {
  fc.assert(
    fc.property(tokens, cuts, (all, places) => {
      const text = all.map(([one]) => one).join("");
      const whole = places.filter((place) => text[(place % (text.length + 1)) - 1] !== ESC);
      const { rest, reports } = sift(pieces(text, whole));
      assert.equal(rest, all.map(([, kept]) => kept).join(""));
      assert.deepEqual(
        reports,
        all.flatMap(([, , said]) => said),
      );
    }),
    { numRuns: 500 },
  );
});

test("a mouse report that ends a piece with its escape is one too, and none of it is a key", () => {
  const { rest, reports } = sift([ESC, "[<0;3;4M"]);
  assert.equal(rest, ESC);
  assert.deepEqual(reports, [{ kind: "press", column: 3, row: 4 }]);
  assert.equal(sift([ESC, "[<0;", "3;4M", "j"]).rest, `${ESC}j`);
});

test("whatever comes: nothing is made up, and little is kept back", () => {
  const bytes = fc.array(
    fc.oneof(
      fc.constantFrom(ESC, `${ESC}[<`, `${ESC}[M`, "[", "<", "9;", "M", `${ESC}[20`),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(bytes, (all) => {
      const sieve = pointerSieve();
      let [given, got, reported] = [0, 0, 0];
      for (const piece of all) {
        const { rest, reports } = sieve(piece);
        given += piece.length;
        got += rest.length;
        reported += reports.length;
        for (const report of reports) if ("row" in report) assert.ok(report.row <= 99_999 && report.column <= 99_999);
      }
      // An escape that was let through may come a second time.
      assert.ok(got <= given + all.length);
      assert.ok(reported <= given);
      const { rest } = sieve("q".repeat(40));
      assert.ok(rest.includes("q".repeat(20)), rest);
    }),
    { numRuns: 500 },
  );
});

const at = (model: Model, events: readonly (readonly [ms: number, report: PointerReport])[]) =>
  after(
    model,
    events.map(([ms, report]): DashboardEvent => ({ type: "pointer", report, at: model.now + ms })),
  );
const rowOf = (model: Model, name: string) => view(model).findIndex((line) => textOf(line).includes(` ${name} `)) + 1;
const click = (model: Model, name: string) => ({ kind: "press", column: 5, row: rowOf(model, name) }) as const;
const attaches = (effects: readonly { readonly do: string }[]) => effects.filter((effect) => effect.do === "attach");

test("a click selects, two on the same bottle attach, two that are slow or meet different ones do not", () => {
  for (const [columns, rows] of [
    [100, 30],
    [80, 24],
    [50, 20],
  ] as const) {
    const start = fleetModel(columns, rows);
    const one = click(start, "auth-fix");
    const [model, effects] = at(start, [[1000, one]]);
    assert.equal(model.cursor, "auth-fix");
    assert.deepEqual(attaches(effects), []);
    assert.deepEqual(
      attaches(
        at(start, [
          [1000, one],
          [1400, one],
        ])[1],
      ),
      [{ do: "attach", bottle: "auth-fix", readOnly: false }],
    );
    assert.deepEqual(
      attaches(
        at(start, [
          [1000, one],
          [1401, one],
        ])[1],
      ),
      [],
    );
    assert.deepEqual(
      attaches(
        at(start, [
          [1000, one],
          [1100, click(start, "perf-bench")],
        ])[1],
      ),
      [],
    );
    // The third of three begins anew.
    assert.equal(
      attaches(
        at(start, [
          [1000, one],
          [1100, one],
          [1200, one],
        ])[1],
      ).length,
      1,
    );
  }
});

test("the first click after the focus came back is ignored, not one after the dashboard was opened or a key", () => {
  const start = fleetModel(100, 30);
  const one = click(start, "auth-fix");
  const back = [
    [1, { kind: "blur" }],
    [2, { kind: "focus" }],
  ] as const;
  assert.equal(at(start, [...back, [5000, one]])[0].cursor, "api-refactor");
  assert.equal(at(start, [...back, [5000, one], [6000, one]])[0].cursor, "auth-fix");
  assert.equal(
    at(start, [
      [1, { kind: "focus" }],
      [2, one],
    ])[0].cursor,
    "auth-fix",
  );
  const [typedSince] = press(at(start, back)[0], ["j"]);
  assert.equal(at(typedSince, [[1, one]])[0].cursor, "auth-fix");
});

test("no click answers, and none acts while something is typed or read", () => {
  for (const keys of [["!"], ["/"], ["x"], ["n"], ["?"], ["!", "d"]]) {
    const [start] = press(fleetModel(100, 30), keys);
    for (let row = 1; row <= 30; row++) {
      for (const column of [5, 80]) {
        const press = { kind: "press", column, row } as const;
        const [model, effects] = at(start, [
          [1000, press],
          [1100, press],
        ]);
        assert.ok(
          !effects.some((effect) => effect.do === "run" || effect.do === "handoff"),
          `${keys} ${column},${row}`,
        );
        assert.equal(model.prompt?.text, start.prompt?.text);
        assert.equal(model.page, start.page);
        assert.equal(model.form, start.form);
      }
    }
  }
});

test("the wheel scrolls list and pages, and the cursor stays in view", () => {
  const many = Array.from({ length: 60 }, (_, index) => bottle(`b-${String(index).padStart(2, "0")}`));
  let model = fleetModel(100, 30, many);
  const turn = (kind: "wheel-down" | "wheel-up", times: number) => {
    for (let count = 0; count < times; count++) {
      [model] = at(model, [[1, { kind, column: 5, row: 5 }]]);
      const line = cursorLine(model) - model.top;
      assert.ok(line >= 0 && line < 25, `line ${line}`);
    }
  };
  turn("wheel-down", 3);
  assert.equal(model.top, 9);
  turn("wheel-down", 100);
  assert.match(view(model).map(textOf).join("\n"), /b-59/);
  turn("wheel-up", 100);
  assert.equal(model.top, 0);
  const [help] = press(model, ["?"]);
  assert.equal(at(help, [[1, { kind: "wheel-down", column: 5, row: 5 }]])[0].page?.top, 3);
});
