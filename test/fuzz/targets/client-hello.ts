import assert from "node:assert/strict";
import { readClientHello } from "../../../src/core/wire/client-hello.ts";
import { clientHello, extension, records, serverNames } from "../../support/core/hello-bytes.ts";
import { cutsOf, type FuzzTarget } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const hello = fc
  .tuple(fc.array(fc.domain(), { maxLength: 2 }), fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 600 }))
  .map(([names, padding, size]) =>
    records(clientHello([extension(21, Buffer.from(padding)), serverNames(...names)]), size),
  );

export const target: FuzzTarget = {
  name: "client-hello",
  promise:
    "rows 1, 6, 127: no bytes make the reader of a ClientHello throw, and its beginning never says something else",
  parsers: ["src/core/wire/client-hello.ts"],
  input: fc.oneof(
    hello,
    fc
      .tuple(hello, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
      .map(([bytes, changes]) => {
        const damaged = Buffer.from(bytes);
        for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
        return damaged;
      }),
    fc.uint8Array({ maxLength: 60 }).map((it) => Uint8Array.of(22, 3, 1, ...it)),
    fc.uint8Array({ maxLength: 60 }),
  ),
  runs: 5000,
  check: (input) => {
    const whole = readClientHello(input);
    if (whole.state === "hello") {
      assert.ok(whole.length <= input.length);
      const { serverName } = whole.hello;
      if (serverName !== null) assert.match(serverName, /^[\x21-\x7e]+$/);
      // Bytes behind it change nothing, one byte less makes it incomplete.
      assert.deepEqual(readClientHello(Buffer.concat([input, Buffer.from("GET / HTTP/1.1")])), whole);
      assert.deepEqual(readClientHello(input.subarray(0, whole.length)), whole);
      assert.equal(readClientHello(input.subarray(0, whole.length - 1)).state, "incomplete");
    }
    // What was said to be invalid or a hello stays so, however much more comes.
    for (const cut of cutsOf(input).slice(0, 8)) {
      const early = readClientHello(input.subarray(0, cut));
      if (early.state !== "incomplete") assert.deepEqual([early.state, whole.state], [whole.state, early.state]);
      if (early.state === "hello") assert.deepEqual(early, whole);
    }
    return whole.state === "hello";
  },
};
