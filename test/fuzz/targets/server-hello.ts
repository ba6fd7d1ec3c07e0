import assert from "node:assert/strict";
import { readSecondHello, readServerStart } from "../../../src/core/wire/server-hello.ts";
import { clientHello, records, serverHello, serverNames } from "../../support/core/hello-bytes.ts";
import { cutsOf, type FuzzTarget } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const bases = fc.oneof(
  fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 90 })).map(([retry, size]) => records(serverHello(retry), size)),
  fc.domain().map((name) => records(clientHello([serverNames(name)]))),
);

export const target: FuzzTarget = {
  name: "server-hello",
  promise:
    "rows 1, 127: no bytes of a server, and none after its retry, throw, and what was said of their beginning stays",
  parsers: ["src/core/wire/server-hello.ts"],
  input: fc.oneof(
    bases,
    fc
      .tuple(bases, fc.nat(300), fc.uint8Array({ maxLength: 6 }))
      .map(([base, at, patch]) => Buffer.concat([base.subarray(0, at), patch, base.subarray(at)])),
    fc
      .tuple(fc.constantFrom(20, 23, 22), fc.uint8Array({ maxLength: 40 }))
      .map(([type, it]) => Uint8Array.of(type, 3, 3, ...it)),
  ),
  runs: 5000,
  check: (input) => {
    const start = readServerStart(input);
    const second = readSecondHello(input);
    if (second.state === "hello") assert.ok(second.length <= input.length);
    for (const cut of cutsOf(input).slice(0, 8)) {
      const early = readServerStart(input.subarray(0, cut));
      if (early !== "incomplete") assert.equal(early, start);
      const before = readSecondHello(input.subarray(0, cut));
      if (before.state !== "incomplete") assert.equal(before.state, second.state);
    }
    return start === "retry" || second.state === "hello";
  },
};
