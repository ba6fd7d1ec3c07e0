import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Model, Theme } from "../../../src/dashboard/model.ts";
import { painted } from "../../../src/dashboard/paint.ts";
import { textOf } from "../../../src/dashboard/spans.ts";
import { update } from "../../../src/dashboard/update.ts";
import { view } from "../../../src/dashboard/view.ts";
import { bottle, FLEET, fleetModel, NOW, press, request } from "../../support/dashboard-models.ts";

const GOLDENS = join(import.meta.dirname, "goldens");
const SIZES = [
  [60, 20],
  [80, 24],
  [100, 30],
  [200, 60],
] as const;

/** BOT_BOTTLE_GOLDENS=write writes them; then they are read by a person. */
function same(name: string, text: string): void {
  const file = join(GOLDENS, `${name}.txt`);
  if (process.env.BOT_BOTTLE_GOLDENS === "write") {
    mkdirSync(GOLDENS, { recursive: true });
    writeFileSync(file, text);
  }
  assert.equal(text, readFileSync(file, "utf8"), name);
}

/** With what ends each line marked, so that no editor takes spaces away. */
const text = (model: Model) =>
  view(model)
    .map((line) => `${textOf(line)}|\n`)
    .join("");
const coloured = (model: Model, theme: Theme) =>
  view(model)
    .map((line) => `${painted(line, theme).replaceAll("\u001b", "<ESC>")}|\n`)
    .join("");

for (const [columns, rows] of SIZES) {
  test(`the screen at ${columns}x${rows}`, () => {
    const list = fleetModel(columns, rows);
    same(`list-${columns}x${rows}`, text(list));
    same(`card-${columns}x${rows}`, text(press(list, ["!"])[0]));
    same(`help-${columns}x${rows}`, text(press(list, ["?"])[0]));
  });
}

for (const theme of ["dark", "light", "none"] as const) {
  test(`the colours of ${theme}`, () => same(`colours-${theme}`, coloured(press(fleetModel(80, 24), ["!"])[0], theme)));
}

test("without colours no colour is said", () => {
  const codes = view(fleetModel(100, 30)).flatMap((line) => [...painted(line, "none").matchAll(/\u001b\[([\d;]*)m/g)]);
  assert.ok(codes.length > 0);
  for (const [, parameters = ""] of codes) assert.match(parameters, /^(?:[017](?:;7)?)$/);
});

test("the form and the egress page", () => {
  const [opened] = press(fleetModel(80, 24), ["n"]);
  same("form-80x24", text(update(opened, { type: "choices", agents: ["claude", "shell"], bottles: ["default"] })[0]));
  const lines = [
    {
      bottle: "api-refactor",
      at: NOW,
      text: "DENY POST files.example.com:443/upload/r.xml  host-not-listed",
      denied: true,
      passed: false,
    },
    {
      bottle: "auth-fix",
      at: NOW - 2000,
      text: "ok   POST api.example.com:443/v1/messages  200  1.9s",
      denied: false,
      passed: true,
    },
  ];
  const [egress] = update(press(fleetModel(80, 24), ["e"])[0], { type: "egress", lines });
  same("egress-80x24", text(egress));
  const [filtered] = press(egress, ["/", "!", "D", "E", "N", "Y", "enter"]);
  assert.doesNotMatch(text(filtered), /DENY POST/);
  assert.match(text(filtered), /ok {3}POST/);
});

/** Names and words of somebody who wants another screen than ours. */
const HOSTILE = [
  "\u001b[2J\u001b[1;1Hbottle allow",
  "\u001b]52;c;QQ==\u0007",
  "\u009b31m red \u0090q\u009c",
  "safe\u202egpj.exe\u2066",
  "zero\u200bwidth\ufeff\u2060",
  "a\r\nb\tc\u0000d",
  "漢字かな交じり文。".repeat(20),
  "👩‍👩‍👧‍👦 🇩🇪 👍🏽 1️⃣ ❤️".repeat(10),
  "z\u0300\u0301\u0302\u0303\u0304\u0305\u0306algo".repeat(30),
  "\u1112\u1161\u11ab\u1160",
  "\ud800lone",
  "x".repeat(5000),
];

test("hostile words neither leave their place nor reach the terminal as they are", () => {
  const hostile = HOSTILE.map((words, at) =>
    bottle(`b-${at}`, {
      ...{ agent: words, what: words, workspace: words, source: words },
      items:
        at % 2 === 0
          ? [
              request(`b-${at}`, `0000000${at % 10}-1`, {
                title: words,
                words,
                seen: [words],
                adds: [words],
                flags: [{ code: "look-alike", text: words, stops: true }],
              }),
            ]
          : [],
    }),
  );
  for (const [columns, rows] of SIZES) {
    for (const keys of [[], ["!"], ["?"], ["w"], ["n"], ["/", "x"], ["X"]]) {
      const [model] = press(fleetModel(columns, rows, [...hostile, ...FLEET]), keys);
      const [peeked] = update(model, { type: "peek", bottle: model.cursor ?? "", lines: HOSTILE });
      for (const line of view(peeked))
        assert.doesNotMatch(textOf(line), /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/);
    }
  }
});

test("what was allowed shows what came of it, and the strip what all bottles sent", () => {
  const grant = { covers: "POST https://files.example.com:443/upload/report.xml, with any query and any body" };
  const times = { createdAt: NOW - 60_000, expiresAt: NOW + 59 * 60_000 };
  const used = { ...grant, ...times, id: "g-1", uses: 3, firstUse: { at: NOW - 30_000, status: 200 } };
  const unused = { ...grant, ...times, id: "g-2", uses: 0, firstUse: null, createdAt: NOW - 11 * 60_000 };
  const start = fleetModel(100, 30, [bottle("api-refactor", { grants: [used, unused] })]);
  const lines = [
    {
      bottle: "api-refactor",
      at: NOW - 2000,
      text: "GET registry.example.com/left-pad  200",
      denied: false,
      passed: true,
    },
    {
      bottle: "perf-bench",
      at: NOW - 1000,
      text: "DENY POST files.example.com/r.xml  host-not-listed",
      denied: true,
      passed: false,
    },
  ];
  const [model] = update(start, { type: "egress", lines });
  same("allowed-100x30", text(model));
});

test("the header counts what all bottles sent in the last minute, where there is room", () => {
  const line = (at: number, more: { readonly denied?: boolean; readonly passed?: boolean }) => ({
    ...{ bottle: "auth-fix", at, text: "x", denied: false, passed: false },
    ...more,
  });
  const lines = [
    ...Array.from({ length: 40 }, (_, at) => line(NOW - at * 1000, { passed: true })),
    line(NOW, { denied: true }),
    line(NOW, {}),
    line(NOW - 60_000, { passed: true }),
  ];
  const header = (columns: number, all = lines) =>
    textOf(view(update(fleetModel(columns, 30), { type: "egress", lines: all })[0])[0] ?? []);
  assert.match(header(100), / {2}41\/min {2}2 denied {2}\$4\.12 today/);
  assert.doesNotMatch(header(80), /min/);
  assert.match(header(80), /2 denied {2}\$4\.12 today/);
  assert.doesNotMatch(header(100, []), /min/);
  const many = Array.from({ length: 3000 }, () => line(NOW, { passed: true }));
  assert.match(header(100, many), / 2000\+\/min/);
  const [later] = update(update(fleetModel(100, 30), { type: "egress", lines })[0], { type: "tick", at: NOW + 61_000 });
  assert.doesNotMatch(textOf(view(later)[0] ?? []), /min/);
});

test("a new row stands out without colour until the order settles, once", () => {
  const start = fleetModel(100, 30);
  const snapshot = { bottles: [...FLEET, bottle("newcomer")], costToday: 4_120_000, denied: 2 };
  const [seen] = update(start, { type: "snapshot", snapshot, at: NOW + 1000 });
  const inverse = (model: Model, name: string) =>
    view(model)
      .filter((line) => textOf(line).includes(` ${name} `))
      .map((line) => line.some((part) => part.inverse));
  assert.deepEqual(inverse(seen, "newcomer"), [true]);
  assert.deepEqual(inverse(seen, "auth-fix"), [false]);
  assert.match(
    painted(view(seen).find((line) => textOf(line).includes("newcomer")) ?? [], "none"),
    /\u001b\[(?:1;)?7m/,
  );
  const [later] = update(seen, { type: "tick", at: NOW + 3000 });
  assert.deepEqual(inverse(later, "newcomer"), [false]);
  assert.deepEqual(inverse(update(later, { type: "snapshot", snapshot, at: NOW + 4000 })[0], "newcomer"), [false]);
});

test("w shows what bottle why says", () => {
  const [asked, effects] = press(fleetModel(100, 30), ["w"]);
  assert.deepEqual(effects.at(-1), { do: "load", kind: "why", bottle: "api-refactor" });
  const lines = ["state   needs you", "since   14:00"];
  const [model] = update(asked, { type: "page", kind: "why", bottle: "api-refactor", lines });
  assert.match(text(model), /api-refactor: why, 1-2 of 2[^\n]*\n state {3}needs you/);
});
