import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReasonCode } from "../../../src/core/model/decision.ts";
import { refusal } from "../../../src/core/policy/refusal.ts";
import { REFUSAL_TEXTS } from "../../../src/core/policy/refusal-texts.ts";
import { headerValues } from "../../../src/core/wire/header-pairs.ts";

const REASONS = Object.keys(REFUSAL_TEXTS) as ReasonCode[];

test("every reason has a body that programs and people can read", () => {
  for (const reason of REASONS) {
    const { status, headers, body } = refusal(reason, "req-1", "a.test:443");
    assert.ok(status >= 400 && status <= 599, reason);
    const parsed = JSON.parse(body.toString("utf8"));
    assert.equal(parsed.type, "error");
    assert.equal(parsed.error.type, "bot_bottle_refused");
    assert.equal(parsed.error.reason, reason);
    assert.equal(parsed.error.request_id, "req-1");
    assert.equal(parsed.error.host, "a.test:443");
    assert.ok(parsed.error.how.length > 4);
    for (const word of [reason, "req-1", "a.test:443", "bot-bottle"])
      assert.ok(parsed.error.message.includes(word), `${reason}: ${word}`);
    assert.deepEqual(headerValues(headers, "x-bot-bottle-reason"), [reason]);
    assert.deepEqual(headerValues(headers, "content-length"), [String(body.length)]);
  }
});

test("a request that policy refused is a client error: programs that retry on 5xx give up", () => {
  for (const reason of [
    "host-not-listed",
    "method-not-listed",
    "path-not-listed",
    "address-not-public",
    "address-metadata",
    "body-shape",
    "credential-wrong-host",
    "secret-in-request",
  ] as const) {
    assert.equal(refusal(reason, "r", null).status, 403, reason);
  }
  assert.equal(refusal("authority-mismatch", "r", null).status, 421);
});

test("row 129, 136: only the host comes back, harmless and short", () => {
  const { body } = refusal("host-not-listed", "r", `<b>\x1b[31m\r\nX: 1\u202e"${"a".repeat(9999)}`);
  const text = body.toString("utf8");
  assert.ok(text.length < 1500);
  assert.ok(!/[<>\x00-\x09\x0b-\x1f\u202e]/.test(text));
  assert.equal(JSON.parse(refusal("host-not-listed", "r", null).body.toString()).error.host, undefined);
});

test("row 136: two refusals of one kind differ in host and id only", () => {
  const blank = (text: string, host: string, id: string): string => text.replaceAll(host, "H").replaceAll(id, "I");
  const one = blank(refusal("host-not-listed", "id-1", "one.test").body.toString(), "one.test", "id-1");
  const two = blank(refusal("host-not-listed", "id-2", "two.test").body.toString(), "two.test", "id-2");
  assert.equal(one, two);
});
