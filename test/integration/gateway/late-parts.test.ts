import assert from "node:assert/strict";
import { test } from "node:test";
import { type LateParts, withLateParts } from "../../../src/gateway/late-parts.ts";

test("row 127: a fault of late parts is told to who serves, whether they had to be loaded or not", async () => {
  const serve = () =>
    new Promise<unknown>((resolve) => {
      withLateParts((parts: LateParts) => {
        assert.equal(typeof parts.serveRequest, "function");
        throw new RangeError("on purpose");
      }, resolve);
    });
  for (const when of ["not loaded", "loaded"]) {
    assert.ok((await serve()) instanceof RangeError, when);
  }
});

test("loaded parts are handed over at once: what comes on a socket meets its listeners", () => {
  let served = false;
  withLateParts(
    () => {
      served = true;
    },
    (error) => assert.fail(String(error)),
  );
  assert.ok(served);
});
