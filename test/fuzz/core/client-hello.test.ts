import assert from "node:assert/strict";
import { test } from "node:test";
import { readClientHello } from "../../../src/core/wire/client-hello.ts";
import { clientHello, extension, records, serverNames } from "../../support/core/hello-bytes.ts";
import fc from "../../support/properties.ts";

const valid = fc
  .tuple(fc.domain(), fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 600 }))
  .map(([name, padding, size]) => ({
    name,
    bytes: records(clientHello([extension(21, Buffer.from(padding)), serverNames(name)]), size),
  }));

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
