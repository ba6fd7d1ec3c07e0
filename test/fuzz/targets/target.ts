import assert from "node:assert/strict";
import { pathMatches } from "../../../src/core/policy/paths.ts";
import { formatTarget, pathAmbiguity, readTarget } from "../../../src/core/wire/target.ts";
import { bytesOf, type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const WORDS = [
  ..."/ / / a b v1 . .. %2e %2F %5c %00 %25 %41 ; \\ // ? # % %c0%af é %20 * @ :".split(" "),
  ..."http:// https:// a.test a.test:80 [::1]".split(" "),
  " ",
];
const path = wordsOf(WORDS, 10);

export const target: FuzzTarget = {
  name: "target",
  promise:
    "rows 18, 63, 64: a target is split without a byte changed, and an unambiguous path is the same to the URL parser",
  parsers: ["src/core/wire/target.ts"],
  input: fc.oneof(
    path,
    path.map((rest) => Buffer.concat([Buffer.from("/"), rest])),
    fc.webUrl({ withQueryParameters: true }).map(bytesOf),
  ),
  runs: 20_000,
  check: (input) => {
    const text = input.toString("latin1");
    const reading = readTarget(text);
    if (!reading.ok || reading.target.form === "asterisk") return false;
    const { scheme, authority, path: own, query } = reading.target;
    assert.match(own, /^\/[^?#]*$/);
    const sent = formatTarget(own, query);
    if (scheme === null) assert.equal(sent, text);
    else assert.ok(text.includes(authority ?? "\0") && (text.endsWith(sent) || own === "/"));
    if (pathAmbiguity(own) !== null) return false;
    // It encodes `>` and the like, which mean the same either way.
    assert.equal(decodeURIComponent(new URL(`http://a.test${own}`).pathname), decodeURIComponent(own));
    const segments = decodeURIComponent(own).split("/");
    assert.ok(!segments.includes("..") && !segments.includes("."));
    assert.equal(segments.length, own.split("/").length, "a slash was hidden");
    assert.equal(pathMatches("/v1/*", own), own.startsWith("/v1/"));
    return true;
  },
};
