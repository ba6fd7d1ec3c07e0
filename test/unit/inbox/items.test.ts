import assert from "node:assert/strict";
import { test } from "node:test";
import { inboxText, itemJson, itemText } from "../../../src/cli/item-text.ts";
import type { Item } from "../../../src/core/inbox/item.ts";
import { itemOf, itemOfIncident } from "../../../src/core/inbox/items.ts";
import { addsOf, type Reach, reachOf } from "../../../src/core/inbox/reach.ts";
import { reviewed } from "../../../src/core/inbox/review.ts";
import { readWritten, ruleText } from "../../../src/core/inbox/rule-text.ts";
import type { Proposal } from "../../../src/core/model/proposal.ts";
import type { Question } from "../../../src/core/model/question.ts";
import { width } from "../../../src/dashboard/columns.ts";
import { parseManifestText } from "../../../src/state/manifest-text.ts";
import fc from "../../support/properties.ts";

const REQUEST: Proposal = {
  schema: 1,
  id: "0a1b2c3d-1",
  method: "POST",
  scheme: "https",
  authority: "files.example.com:443",
  target: "/upload/r.xml?a=b",
  bytes: 4,
  sha256: "ab".repeat(32),
  contentType: "text/plain",
  excerpt: "body",
  excerptBytes: 4,
  reason: "host-not-listed",
  findings: [],
  rule: null,
  pack: null,
  credentials: ["github"],
  evidence: { denied: 3, since: "2026-11-22T13:58:00.000Z", firstUse: ["github"] },
  createdAt: "2026-11-22T14:00:00.000Z",
  expiresAt: "2026-11-22T14:01:00.000Z",
};
const QUESTION: Question = {
  schema: 1,
  id: "0a1b2c3d-q1",
  kind: "review",
  words: "may I?\nreally?",
  evidence: [],
  count: 2,
  createdAt: "2026-11-22T14:00:00.000Z",
  expiresAt: null,
};
const RULES = { rules: [] };

test("each kind of item says what it is, what it adds and what may be answered", () => {
  const request = itemOf("one", REQUEST, RULES);
  assert.deepEqual(
    [request.kind, request.title, request.adds, request.answers],
    [
      "request",
      "POST https://files.example.com:443/upload/r.xml?a=b",
      ["+ POST https://files.example.com:443/upload/r.xml  (any query, any body, this bottle)"],
      ["once", "for", "bottle", "persist", "deny"],
    ],
  );
  assert.ok(request.seen.includes("3 denials of this host since 2026-11-22T13:58:00.000Z"));
  assert.ok(request.seen.includes("adds the credential github"));
  assert.deepEqual(
    request.flags.map(({ code }) => code),
    ["first-use", "new-host-write"],
  );
  const access = itemOf("one", { ...REQUEST, asked: { words: "please", count: 4 } }, RULES);
  assert.deepEqual([access.kind, access.words, access.count], ["access", "please", 4]);
  assert.deepEqual(access.answers, ["for", "bottle", "persist", "deny"]);
  const push = itemOf("one", { ...REQUEST, method: "PUSH", reason: "ask-required" }, RULES);
  assert.deepEqual([push.kind, push.adds, push.answers], ["push", [], ["once", "deny"]]);
  const token = itemOf("one", { ...REQUEST, reason: "token-in-request", findings: ["a token"] }, RULES);
  assert.deepEqual([token.adds, token.answers], [[], ["once", "deny"]]);
  assert.ok(token.flags.some(({ code }) => code === "secret-found"));
  const ruled = itemOf("one", { ...REQUEST, reason: "ask-required", rule: "operator:0" }, RULES);
  assert.ok(!ruled.answers.includes("persist"), "another rule does not take the question away");
  const question = itemOf("one", QUESTION, RULES);
  assert.deepEqual(
    [question.kind, question.words, question.answers],
    ["review", QUESTION.words, ["once", "deny", "words"]],
  );
  const budget = itemOf("one", { ...QUESTION, kind: "budget" }, RULES);
  assert.deepEqual([budget.words, budget.answers], [null, ["once", "deny"]]);
});

/** A change of each field that is shown. */
const CHANGES: Readonly<Record<string, (item: Item) => Item>> = {
  bottle: (item) => ({ ...item, bottle: `${item.bottle}x` }),
  id: (item) => ({ ...item, id: `${item.id}x` }),
  kind: (item) => ({ ...item, kind: item.kind === "request" ? "access" : "request" }),
  need: (item) => ({ ...item, need: item.need === "look" ? "answer" : "look" }),
  title: (item) => ({ ...item, title: `${item.title} ` }),
  seen: (item) => ({ ...item, seen: [...item.seen, ""] }),
  words: (item) => ({ ...item, words: item.words === null ? "" : null }),
  adds: (item) => ({ ...item, adds: [...item.adds, ""] }),
  flags: (item) => ({ ...item, flags: [...item.flags, { code: "wildcard", text: "", stops: false }] }),
  answers: (item) => ({ ...item, answers: item.answers.slice(1) }),
  command: (item) => ({ ...item, command: item.command === null ? "" : null }),
  request: (item) => ({ ...item, request: item.request === null ? REQUEST : null }),
};
/** Of those it is made without: they move on while somebody reads. */
const FREE = ["count", "createdAt", "expiresAt", "review"];

const arbitraryItem = fc
  .record({
    words: fc.option(fc.string()),
    path: fc.webPath(),
    method: fc.constantFrom("GET", "POST", "DELETE"),
    bytes: fc.nat(),
    excerpt: fc.string(),
    findings: fc.array(fc.string(), { maxLength: 3 }),
  })
  .map(({ words, path, ...more }) =>
    itemOf(
      "one",
      { ...REQUEST, ...more, target: `/${path}`, ...(words === null ? {} : { asked: { words, count: 1 } }) },
      RULES,
    ),
  );

test("rows 132, 144: any change of what is shown changes the code, and the same has the same one", () => {
  assert.deepEqual([...Object.keys(CHANGES), ...FREE].sort(), Object.keys(itemOf("one", REQUEST, RULES)).sort());
  fc.assert(
    fc.property(arbitraryItem, fc.constantFrom(...Object.keys(CHANGES)), (item, field) => {
      const changed = CHANGES[field]?.(item) ?? item;
      assert.notEqual(reviewed(changed).review, item.review, field);
      assert.equal(reviewed(JSON.parse(JSON.stringify(item)) as Item).review, item.review, "as read from a file");
      assert.equal(reviewed({ ...item, count: 9, createdAt: "x", expiresAt: null }).review, item.review);
    }),
  );
});

test("row 144: any change of a request changes the code, but not its times and how often it was asked", () => {
  const review = (over: Partial<Proposal>) => itemOf("one", { ...REQUEST, ...over }, RULES).review;
  const same = itemOf("one", REQUEST, RULES).review;
  const changes: Partial<Proposal> = {
    method: "PUT",
    scheme: "http",
    authority: "files.example.com:444",
    target: "/upload/r.xml?a=c",
    bytes: 5,
    sha256: "cd".repeat(32),
    contentType: null,
    excerpt: "bodY",
    excerptBytes: 3,
    reason: "path-not-listed",
    findings: ["x"],
    rule: "operator:1",
    pack: "npm",
    credentials: [],
    asked: { words: "", count: 1 },
    evidence: { denied: 4, since: null, firstUse: [] },
  };
  for (const [key, value] of Object.entries(changes)) assert.notEqual(review({ [key]: value }), same, key);
  assert.equal(review({ createdAt: "2026-11-22T15:00:00.000Z", expiresAt: "2026-11-22T15:00:00.000Z" }), same);
  const asked = (count: number) => review({ asked: { words: "w", count } });
  assert.equal(asked(1), asked(2));
  const { id, ...rest } = REQUEST;
  assert.equal(itemOf("one", { ...rest, id }, RULES).review, same, "the order of keys in the file is nothing");
});

/** What a terminal, a list or an editor would obey. */
const HOSTILE = [
  "\u001b[2J\u001b]0;mine\u0007",
  "a\u202eb\u2066c",
  "\u200b\ufeff\u00ad",
  "\r\n\u0000\u009b",
  "vim: set modeline:\nvi:noai:\n ex: x\nLocal Variables:\neval: (x)\nEnd:",
  "-*- mode: x -*-",
  '// }\n{ "method": "GET" }',
  "$(touch x) `x` #(x)",
];
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

test("rows 129, 152: an agent's words are escaped in text and JSON, and say the same to a program", () => {
  for (const hostile of HOSTILE) {
    const items = [
      itemOf("one", { ...QUESTION, words: hostile, evidence: [hostile] }, RULES),
      itemOf(
        "one",
        { ...REQUEST, target: `/${hostile}`, excerpt: hostile, asked: { words: hostile, count: 1 } },
        RULES,
      ),
      itemOfIncident("one", { schema: 1, id: "0-a", kind: "failed", text: hostile, command: null, createdAt: "" }),
    ];
    assert.doesNotMatch(inboxText(items), UNSAFE);
    for (const item of items) {
      assert.doesNotMatch(itemText(item), UNSAFE);
      assert.doesNotMatch(itemJson(item, 2), UNSAFE);
      const read = JSON.parse(itemJson(item)) as Item;
      assert.deepEqual([read.words, read.title], [item.words, item.title]);
    }
    const lines = itemText(items[0] as Item).split("\n");
    assert.ok(
      lines.some((line) => line.startsWith("  > ")),
      "words are marked",
    );
  }
});

test("row 152: no editor finds a word for itself in the file of a rule, and it reads back as it was", () => {
  const paths = fc.oneof(
    fc.webPath().map((path) => `/${path}`),
    fc.constantFrom(...HOSTILE.map((text) => `/${text.replaceAll("\0", "")}`)),
  );
  fc.assert(
    fc.property(paths, fc.constantFrom(...HOSTILE), (path, words) => {
      const target = path.split(/[?#]/)[0] ?? "/";
      const proposal = { ...REQUEST, target, asked: { words, count: 1 }, findings: [words] };
      const item = itemOf("one", proposal, RULES);
      const before = reachOf(proposal);
      const text = ruleText(item, before);
      assert.match(text, /^[\x20-\x7e\n]*$/);
      assert.doesNotMatch(text, /(?:\bvi|\bvim\d*|\bex)\s*:|Local Variables:|-\*-/i);
      // An agent's own words stand in the middle: editors look at both ends.
      const lines = text.trimEnd().split("\n");
      for (const line of [...lines.slice(0, 5), ...lines.slice(-5)]) assert.match(line, /^\/\/ ?[ -~]*$/);
      const parsed = parseManifestText("rule", text);
      assert.deepEqual(parsed.faults, []);
      const rule = parsed.value as { readonly path: string; readonly method: string };
      assert.equal(rule.path, before.path, "what an agent wrote is what is read");
    }),
  );
});

const WRITTEN = { method: "POST", scheme: "https", host: "files.example.com", port: 443, path: "/upload/r.xml" };

test("what an operator writes is taken whole or not at all, and says which word is wrong", () => {
  const before = reachOf(REQUEST);
  const read = (over: object) => readWritten({ ...WRITTEN, scope: "for", time: "1h", ...over }, before);
  assert.deepEqual(read({}), { ok: true, rule: { reach: before, scope: "for", time: "1h" } });
  assert.deepEqual(read({ scope: "bottle", time: undefined, path: "/upload/*" }), {
    ok: true,
    rule: { reach: { ...before, path: "/upload/*", pattern: true }, scope: "bottle", time: null },
  });
  assert.equal(read({ method: "put" }).ok, true);
  const starred: Reach = { ...before, path: "/a/*" };
  const same = readWritten({ ...WRITTEN, path: "/a/*", scope: "bottle" }, starred);
  assert.ok(same.ok && !same.rule.reach.pattern, "a path that was asked for is no pattern, whatever is in it");
  for (const [over, key] of [
    [{ method: 1 }, "method"],
    [{ method: "PUSH" }, "method"],
    [{ scheme: "ftp" }, "scheme"],
    [{ host: "*.example.com" }, "host"],
    [{ host: "10.0.0.1" }, "host"],
    [{ host: "a b" }, "host"],
    [{ port: 0 }, "port"],
    [{ port: "443" }, "port"],
    [{ path: "/a?b" }, "path"],
    [{ path: "a" }, "path"],
    [{ path: "/a*" }, "path"],
    [{ path: "/../x" }, "path"],
    [{ path: "/%2e%2e/x" }, "path"],
    [{ scope: "once" }, "scope"],
    [{ time: "2d" }, "time"],
    [{ time: "25h" }, "time"],
    [{ time: undefined }, "time"],
    [{ body: "x" }, "body"],
  ] as const) {
    const reading = read(over);
    assert.deepEqual([reading.ok, reading.ok ? null : reading.key], [false, key], JSON.stringify(over));
  }
  for (const value of [null, [], "x", undefined]) assert.equal(readWritten(value, before).ok, false);
  fc.assert(fc.property(fc.anything(), (value) => typeof readWritten(value, before).ok === "boolean"));
});

test("the rule of an item is the narrowest that holds its request", () => {
  assert.deepEqual(addsOf(reachOf(REQUEST)), itemOf("one", REQUEST, RULES).adds);
  assert.equal(reachOf({ ...REQUEST, target: "/a?b?c" }).path, "/a");
});

test("row 132: no line of an agent's goes on as one of ours where the terminal breaks it", () => {
  const forged = "  + GET https://docs.example.com:443/  (any query, any body, this bottle)";
  const columns = 80;
  for (const filler of ["x", " ", "\u4e00", "ab "]) {
    const long = filler.repeat(columns).slice(0, filler === "\u4e00" ? 38 : columns - 4);
    const items = [
      itemOf("one", { ...QUESTION, words: `${long}${forged}` }, RULES),
      itemOf("one", { ...REQUEST, excerpt: `${long}${forged}` }, RULES),
      itemOf("one", { ...REQUEST, contentType: `${long}${forged}`.slice(0, 200) }, RULES),
    ];
    for (const item of items) {
      for (const line of itemText(item, 0, columns).split("\n")) {
        assert.ok(width(line) <= columns, line);
        assert.ok(!line.startsWith("  + GET"), line);
      }
    }
  }
  // A blank of Braille is no space to anybody but the eye.
  for (const blank of [" ", "\u2800"]) {
    const words = itemText(itemOf("one", { ...QUESTION, words: `w${blank}`.repeat(100) }, RULES), 0, columns);
    assert.ok(words.split("\n").filter((line) => line.startsWith("  > ")).length >= 3, words);
  }
  assert.match(
    itemText(itemOf("one", REQUEST, RULES), 0, 40),
    /\n {2}POST https:\/\/files\.example\.com:443\/upload\/r\.xml\?a=b\n/,
  );
});
