import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readClientHello } from "../../../src/core/wire/client-hello.ts";
import { readSecondHello, readServerStart } from "../../../src/core/wire/server-hello.ts";
import { clientHello, extension, records, serverHello, serverNames } from "../../support/core/hello-bytes.ts";

const valid = fc
  .tuple(fc.domain(), fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 600 }))
  .map(([name, padding, size]) => ({
    name,
    bytes: records(clientHello([extension(21, Buffer.from(padding)), serverNames(name)]), size),
  }));

test("row 127: random and damaged bytes never throw, and a damaged hello never names two hosts", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 100 }),
        fc.uint8Array({ maxLength: 100 }).map((it) => Uint8Array.of(22, 3, 1, ...it)),
      ),
      (bytes) => {
        assert.ok(["incomplete", "invalid", "hello"].includes(readClientHello(bytes).state));
      },
    ),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(valid, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), ({ bytes }, changes) => {
      const damaged = Buffer.from(bytes);
      for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
      const reading = readClientHello(damaged);
      if (reading.state === "hello" && reading.hello.serverName !== null)
        assert.match(reading.hello.serverName, /^[\x21-\x7e]+$/);
    }),
    { numRuns: 5000 },
  );
});

test("row 1: a hello is complete at its last byte and not before, however it is cut into records", () => {
  fc.assert(
    fc.property(valid, fc.nat(), ({ name, bytes }, cut) => {
      const reading = readClientHello(bytes);
      assert.ok(reading.state === "hello");
      assert.equal(reading.hello.serverName, name.toLowerCase());
      assert.equal(readClientHello(bytes.subarray(0, cut % bytes.length)).state, "incomplete");
    }),
  );
});

test("row 1: random and damaged bytes of a server and of a second hello never throw", () => {
  const bases = [records(serverHello(true)), records(clientHello([serverNames("a.test")]))];
  fc.assert(
    fc.property(fc.constantFrom(...bases), fc.nat(300), fc.uint8Array({ maxLength: 6 }), (base, at, patch) => {
      const bytes = Buffer.concat([base.subarray(0, at), patch, base.subarray(at)]);
      assert.ok(["incomplete", "retry", "other"].includes(readServerStart(bytes)));
      const reading = readSecondHello(bytes);
      if (reading.state === "hello") assert.ok(reading.length <= bytes.length);
    }),
    { numRuns: 10_000 },
  );
});
