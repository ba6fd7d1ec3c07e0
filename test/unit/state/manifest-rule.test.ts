import assert from "node:assert/strict";
import { test } from "node:test";
import { withRule } from "../../../src/state/manifest-rule.ts";

const RULE = { host: "a.example", methods: ["POST"], paths: ["/x"] };
const LINE = '{ "host": "a.example", "methods": ["POST"], "paths": ["/x"] }';

const CASES: readonly (readonly [what: string, before: string | null, after: string | null])[] = [
  ["no file", null, `{\n  "bottles": { "default": { "egress": { "rules": [${LINE}] } } },\n}\n`],
  ["nothing in it", "{}", `{ "bottles": { "default": { "egress": { "rules": [${LINE}] } } } }`],
  [
    "comments and a comma at the end",
    '{\n  "bottles": { "default": { "egress": {\n    "rules": [\n      { "host": "b" }, // one\n      // two\n    ],\n  } } },\n}\n',
    `{\n  "bottles": { "default": { "egress": {\n    "rules": [\n      { "host": "b" }, // one\n      ${LINE},\n      // two\n    ],\n  } } },\n}\n`,
  ],
  [
    "a comment and no comma at the end, CR LF",
    '{"bottles":{"default":{"egress":{"rules":[\r\n\t{"host":"b"} // one\r\n]}}}}',
    `{"bottles":{"default":{"egress":{"rules":[\r\n\t{"host":"b"}, // one\r\n\t${LINE}\r\n]}}}}`,
  ],
  [
    "one line",
    '{"bottles":{"default":{"egress":{"rules":[{"host":"b"}]}}}}',
    `{"bottles":{"default":{"egress":{"rules":[{"host":"b"}, ${LINE}]}}}}`,
  ],
  [
    "only a comment in the list",
    '{"bottles":{"default":{"egress":{"rules":[\n  // none\n]}}}}',
    `{"bottles":{"default":{"egress":{"rules":[\n  ${LINE},\n  // none\n]}}}}`,
  ],
  [
    "other keys beside",
    '{\n  "bottles": {\n    "default": {\n      "egress": {\n        "packs": ["npm"]\n      }\n    }\n  }\n}\n',
    `{\n  "bottles": {\n    "default": {\n      "egress": {\n        "packs": ["npm"],\n        "rules": [${LINE}]\n      }\n    }\n  }\n}\n`,
  ],
  ["no list there", '{"bottles":{"default":{"egress":{"rules":{}}}}}', null],
  ["no object there", '{"bottles":[]}', null],
  ["not JSON", "{", null],
];

for (const [what, before, after] of CASES) {
  test(`a rule is written into a manifest, and nothing else is touched: ${what}`, () => {
    assert.equal(withRule(before, "default", RULE), after);
  });
}
