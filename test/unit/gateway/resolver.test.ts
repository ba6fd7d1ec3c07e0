import assert from "node:assert/strict";
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import test from "node:test";
import { systemResolver } from "../../../src/gateway/destination.ts";

test("row 39: the system is asked for the absolute name, so that no search domain is added, and for every address", async (t) => {
  const asked: unknown[] = [];
  const answer = (name: string, options: object, done: (error: null, found: dns.LookupAddress[]) => void) => {
    asked.push([name, options]);
    done(null, [
      { address: "192.0.2.1", family: 4 },
      { address: "2001:db8::1", family: 6 },
    ]);
  };
  t.mock.method(dns, "lookup", answer as unknown as typeof dns.lookup);
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  assert.deepEqual(await systemResolver("api.example.test"), ["192.0.2.1", "2001:db8::1"]);
  assert.deepEqual(asked, [["api.example.test.", { all: true, order: "verbatim" }]]);
});
