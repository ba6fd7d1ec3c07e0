import assert from "node:assert/strict";
import { test } from "node:test";
import { createOverrideGuard, queryOverrides } from "../../../src/core/policy/method-overrides.ts";
import { policy, request, rule } from "../../support/core/policies.ts";

const URLENCODED = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data; boundary=----WebKitFormBoundaryX";

/** What a rule that lists these methods says of a form, fed whole and byte by byte. */
function judge(body: string, type: string | null, methods: readonly string[] = ["GET", "POST"]): string | null {
  const verdicts = [body.length, 1].map((size) => {
    const guard = createOverrideGuard(methods, type === null ? [] : [["Content-Type", type]]);
    if (guard === null || typeof guard === "string") return guard;
    for (let at = 0; at < body.length; at += size) {
      const problem = guard.push(Buffer.from(body.slice(at, at + size), "latin1"));
      if (problem !== null) return problem;
    }
    return null;
  });
  assert.equal(verdicts[0] === null, verdicts[1] === null, body);
  return verdicts[0] ?? null;
}

const part = (head: string, value: string) => `------WebKitFormBoundaryX\r\n${head}\r\n\r\n${value}\r\n`;
const named = (name: string, value: string) => part(`Content-Disposition: form-data; name=${name}`, value);
const END = "------WebKitFormBoundaryX--\r\n";

const SPELLINGS = [
  "_method=DELETE",
  "_%6dethod=DELETE",
  "_METHOD=DELETE",
  "%5Fmethod=delete",
  "a=1&_method=DELETE",
  "a=1;_method=DELETE",
  "_method[]=DELETE",
  "_method%5B0%5D=DELETE",
  "+_method=DELETE",
  "%20_method=DELETE",
  ".method=DELETE",
  "_method%00x=DELETE",
  "_method=GET&_method=DELETE",
  "_HttpMethod=DELETE",
  "x-http-method-override=DELETE",
];

test("row 62: a method in the query is found in every spelling that a framework reads", () => {
  const readOnly = policy([rule({ methods: ["GET", "POST"] })]);
  for (const query of [...SPELLINGS, "method=DELETE"]) {
    assert.ok(queryOverrides(query).includes("DELETE"), query);
    assert.equal(request(readOnly, { method: "POST", query }).reason, "method-not-listed", query);
  }
  for (const query of [
    "method=flickr.photos.search",
    "payment_method=card",
    "methods=DELETE",
    "q=_method",
    "_method=post",
  ])
    assert.equal(request(readOnly, { method: "POST", query }).verdict, "allow", query);
});

test("row 62: a method in an urlencoded body is found in every spelling, at every cut", () => {
  for (const type of [URLENCODED, `${URLENCODED.toUpperCase()}; charset=utf-8`, null, ""]) {
    for (const body of [...SPELLINGS, `${"+".repeat(5000)}_method=DELETE`, `x=${"y".repeat(9000)}&_method=DELETE`])
      assert.match(judge(body, type) ?? "", /^method D/, body.slice(0, 50));
  }
  for (const body of ["_method=post", "a=_method", "method=DELETE", '{"a":"x=1"}', "b&c==&&;=", "payment_method=card"])
    assert.equal(judge(body, URLENCODED), null, body);
  assert.equal(judge("_method=DELETE", URLENCODED, ["POST", "DELETE"]), null);
});

test("row 62: a multipart part that names a method is found, and a file that speaks of one passes", () => {
  const names = ['"_method"', "_method", "'_method'", '"_METHOD"', '"_\\method"', '"_method[]"', '"%5fmethod"'];
  for (const name of [
    ...names,
    '"a"; name="_method"',
    'x; name*0="_me"; name*1="thod"',
    "x; name*=utf-8''_%6dethod",
    'x; name \t*0 = "_me";name *1= "thod"',
  ]) {
    const body = named('"a"', "1") + named(name, "DELETE") + END;
    assert.match(judge(body, MULTIPART) ?? "", /^method D/, name);
    // Servers that need no last delimiter.
    assert.notEqual(judge(named(name, "DELETE").slice(0, -2), MULTIPART), null, name);
  }
  assert.notEqual(
    judge(part(`Content-Disposition: form-data; name="a"\r\n${named('"_method"', "x")}`, ""), MULTIPART),
    null,
  );
  assert.notEqual(judge(part(`content-disposition:form-data;\r\n name="_method"`, "\r\nPUT"), MULTIPART), null);
  assert.notEqual(judge(named('"_method"', "DELETE").replaceAll("\r\n", "\n"), MULTIPART), null);
  assert.notEqual(
    judge(part(`X: ${"x".repeat(20_000)}\r\nContent-Disposition: x; name="_method"`, "x"), MULTIPART),
    null,
  );
  const html = 'name="_method"\r\n\r\nDELETE _method=DELETE&_method=DELETE\r\n--other\r\n\r\n';
  const file = part('Content-Disposition: form-data; name="f"; filename="_method"\r\nContent-Type: text/html', html);
  assert.equal(judge(file + named('"_method"', "post") + END + "x".repeat(30_000), MULTIPART), null);
});

test("row 123: the head of a part full of blanks is read in time that grows with its length", () => {
  // Time of the processor, the least of several runs: no limit, a ratio.
  const time = (length: number) => {
    const piece = Buffer.from(part(`name${" ".repeat(length)}`, ""));
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 5; run++) {
      const guard = createOverrideGuard(["GET"], [["Content-Type", MULTIPART]]);
      assert.ok(guard !== null && typeof guard !== "string");
      const before = process.cpuUsage();
      for (let i = 0; i < 4; i++) guard.push(piece);
      const { user, system } = process.cpuUsage(before);
      least = Math.min(least, user + system);
    }
    return least;
  };
  time(1000);
  const [short, long] = [time(3500), time(14_000)];
  assert.ok(long < 9 * short + 5000, `${short} µs, then ${long} µs`);
});

test("row 62: a form that servers would read differently is refused where methods are restricted", () => {
  for (const type of [
    "multipart/form-data",
    "multipart/form-data; boundary=a; boundary=b",
    'multipart/form-data; boundary="a\\"b"',
    "multipart/form-data; boundary*0=a",
    `${MULTIPART}, ${URLENCODED}`,
  ]) {
    assert.equal(typeof createOverrideGuard(["POST"], [["Content-Type", type]]), "string", type);
  }
  const types = [
    ["Content-Type", URLENCODED],
    ["content-type", "text/plain"],
  ] as const;
  assert.equal(typeof createOverrideGuard(["POST"], types), "string");
  const gzip = [
    ["Content-Type", URLENCODED],
    ["Content-Encoding", "gzip"],
  ] as const;
  assert.equal(typeof createOverrideGuard(["POST"], gzip), "string");
});

test("row 62: a method among the outermost members of JSON is found, in every spelling, at every cut", () => {
  const JSON_TYPES = ["application/json", "application/json; charset=utf-8", "application/vnd.api+JSON", "text/json"];
  for (const type of JSON_TYPES) {
    for (const body of [
      '{"_method":"DELETE"}',
      '{"a":1,"_method" : \n "delete","b":2}',
      '{"\\u005fmethod":"\\u0044ELETE"}',
      '{"_method":"POST","_method":"DELETE"}',
      '{"a":{"_method":"GET"},"b":[1,"]}",{}],"_METHOD":"DELETE"}',
      `{"a":"${"x".repeat(9000)}\\"","_method":"DELETE"}`,
      '{"_method":"DELETE',
    ])
      assert.match(judge(body, type) ?? "", /^method D/, body.slice(0, 60));
  }
  for (const body of [
    '{"_method":"POST"}',
    '{"a":{"_method":"DELETE"}}',
    '{"a":"\\",\\"_method\\":\\"DELETE\\""}',
    '[{"_method":"DELETE"}]',
    '["_method","DELETE"]',
    '{"httpMethod":"DELETE","method":"DELETE"}',
    '{"jsonrpc":"2.0","method":"tools/call"}',
    '"_method"',
    "not JSON at all: _method=DELETE",
    "}}}]",
  ])
    assert.equal(judge(body, "application/json"), null, body);
  assert.equal(judge('{"_method":"DELETE"}', "application/json", ["DELETE"]), null);
});

test("what is no form, and rules that list no methods, are left alone", () => {
  assert.equal(createOverrideGuard(null, [["Content-Type", URLENCODED]]), null);
  for (const type of ["text/plain", "application/octet-stream"])
    assert.equal(createOverrideGuard(["POST"], [["Content-Type", type]]), null);
});
