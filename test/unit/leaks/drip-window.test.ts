import assert from "node:assert/strict";
import { test } from "node:test";
import { type DripTerms, DripWindow } from "../../../src/core/leaks/drip-window.ts";
import { compileMiddles } from "../../../src/core/leaks/needles.ts";

const VALUE = "Kq7-very.private-value-of-the-operator";
const TERMS: DripTerms = { known: compileMiddles([{ name: "OWN", value: VALUE }]), canaries: null };
const piece = (text: string, lane = "path 1") => ({ where: "path", lane, text });

/** How many characters of a value were taken when it was found; null: it never was. */
function found(pieces: readonly string[], between: (window: DripWindow, index: number) => void = () => {}) {
  const window = new DripWindow();
  let sent = 0;
  for (const [index, text] of pieces.entries()) {
    between(window, index);
    sent += text.length;
    if (window.take([piece(text)], TERMS).length > 0) return sent;
  }
  return null;
}

const cut = (text: string, size: number) => text.match(new RegExp(`.{1,${size}}`, "gs")) ?? [];

test("row 110: a value that is sent a few characters at a time is found before the last quarter is", () => {
  for (const size of [1, 2, 3, 5, 8]) {
    const sent = found(cut(VALUE, size));
    assert.ok(sent !== null && sent < VALUE.length * 0.75 + size, `${sent} of ${VALUE.length} in pieces of ${size}`);
  }
});

test("row 110: what encoders make of it is found as well", () => {
  for (const text of [
    Buffer.from(VALUE).toString("base64"),
    Buffer.from(VALUE).toString("hex"),
    [...VALUE].reverse().join(""),
  ]) {
    const sent = found(cut(text, 3));
    assert.ok(sent !== null && sent < text.length, text);
  }
});

test("row 110: other requests, the same field again and again, and other places do not come between", () => {
  const sent = found(cut(VALUE, 2), (window, index) => {
    window.take([piece("application/json", "header accept"), piece(`${index}`, "query = page")], TERMS);
  });
  assert.notEqual(sent, null);
});

test("row 110: a piece that was refused is refused again, and the place is not forgotten", () => {
  const window = new DripWindow();
  for (const text of cut(VALUE, 2)) {
    if (window.take([piece(text)], TERMS).length === 0) continue;
    assert.equal(window.take([piece(text)], TERMS).length, 1);
    return;
  }
  assert.fail("it was not found");
});

test("row 110: half a value in one piece is none of many, and a long text ends what was begun", () => {
  assert.equal(found([VALUE]), null);
  assert.equal(found([VALUE.slice(0, 20), "x".repeat(65), VALUE.slice(20)]), null);
});

test("row 110: expected misses: pieces in another order, with others between, a new place for each", () => {
  assert.equal(found(cut(VALUE, 5).toReversed()), null);
  assert.equal(found(cut(VALUE, 2).flatMap((text) => [text, "0"])), null);
  const window = new DripWindow();
  for (const [i, text] of cut(VALUE, 2).entries())
    assert.equal(window.take([piece(text, `lane ${i}`)], TERMS).length, 0);
});

test("row 110: short values and canaries are put together too", () => {
  for (const value of ["pw-8Kd2x", "K3y-of-twelve", "sixteen-letters!"]) {
    const window = new DripWindow();
    const terms = { known: null, canaries: compileMiddles([{ name: "bait", value }]) };
    const all = cut(value, 1).flatMap((text) => window.take([piece(text)], terms));
    assert.equal(all[0]?.finding.kind, "canary", value);
  }
});

test("rows 110, 119: the beginnings and ends that many values share are no finding", () => {
  const value = `https://app:${VALUE}@db.example.test/app`;
  const window = new DripWindow();
  const terms = { known: compileMiddles([{ name: "url", value }]), canaries: null };
  for (const text of ["https://", "app:", "db.example", ".test/app", "app", "https:", "//app"]) {
    assert.equal(window.take([piece(text)], terms).length, 0);
  }
});

test("row 110: lanes beyond the limit push out the one that was not used for longest", () => {
  const window = new DripWindow();
  const [first = "", ...rest] = cut(VALUE, 10);
  window.take([piece(first, "kept")], TERMS);
  for (let i = 0; i < 100; i++) window.take([piece("K", `lane ${i}`)], TERMS);
  assert.ok(rest.some((text) => window.take([piece(text, "kept")], TERMS).length > 0));
});

test("row 110: letters that come twice count twice, though what never changes is passed over", () => {
  const value = "aa-bbb-ccccc-dd-eeee-ffffff-gg-hhh-ii";
  const terms = { known: compileMiddles([{ name: "double", value }]), canaries: null };
  const window = new DripWindow();
  for (let i = 0; i < 1000; i++) assert.equal(window.take([piece("a")], terms).length, 0);
  const fresh = new DripWindow();
  let sent = 0;
  for (const letter of value) {
    sent++;
    if (fresh.take([piece(letter)], terms).length > 0) break;
  }
  assert.ok(sent < value.length * 0.75 + 4, `${sent}`);
});
