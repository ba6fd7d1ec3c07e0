import assert from "node:assert/strict";
import type { ReasonCode } from "../../../src/core/model/decision.ts";
import { eventually, type Fixture } from "./fixture.ts";

/** Asserts that nothing was looked up or dialled. */
export function assertNothingLeft(fixture: Fixture): void {
  assert.deepEqual(fixture.lookups, [], "no lookup");
  assert.deepEqual(fixture.dials, [], "no dial");
}

/** Asserts the last decision: a denial for one of `reasons`, before anything was looked up or dialled. */
export async function assertDenied(
  fixture: Fixture,
  ...reasons: readonly [ReasonCode, ...ReasonCode[]]
): Promise<void> {
  await eventually(() => fixture.audit.decisions().length > 0);
  const decision = fixture.audit.decisions().at(-1);
  assert.equal(decision?.verdict, "deny");
  assert.ok(decision !== undefined && reasons.includes(decision.reason), decision?.reason);
  assertNothingLeft(fixture);
}

/** Status of the first response in `text`. */
export function statusOf(text: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
}

/** Body of the first response in `text` (no chunked framing). */
export function bodyOf(text: string): string {
  return text.slice(text.indexOf("\r\n\r\n") + 4);
}
