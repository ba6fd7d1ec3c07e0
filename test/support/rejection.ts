import assert from "node:assert/strict";
import { BottleError } from "../../src/core/model/errors.ts";

/** Asserts that the work rejects with a BottleError of this code, and resolves that error. */
export async function rejectsWith(code: string, work: Promise<unknown>): Promise<BottleError> {
  let caught: unknown;
  await assert.rejects(work, (error) => {
    caught = error;
    assert.ok(error instanceof BottleError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });
  return caught as BottleError;
}
