import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import type { CredentialBinding } from "../../../src/core/model/policy.ts";
import { Secret } from "../../../src/core/model/secret.ts";
import { type HeaderPair, headerValues } from "../../../src/core/wire/header-pairs.ts";
import { rebuildRequestHeaders } from "../../../src/core/wire/rebuild.ts";
import { readRequestHead } from "../../../src/core/wire/request-head.ts";
import { applyCredential, credentialFields } from "../../../src/credentials/scheme.ts";
import { binding, PLACEHOLDER } from "../../support/core/policies.ts";

const VALUE = "real-$&-value+/=";

function apply(
  over: Partial<CredentialBinding>,
  headers: readonly HeaderPair[],
  query: string | null = null,
  value = VALUE,
) {
  const result = applyCredential(binding(over), new Secret("main", value), { headers, query });
  assert.ok(result.ok, "written");
  return result.slots;
}

test("row 95: every Authorization goes, one is written, in whatever case they came", () => {
  const { headers } = apply({}, [
    ["authorization", `Bearer ${PLACEHOLDER}`],
    ["AUTHORIZATION", "Basic eA=="],
    ["Accept", "*/*"],
  ]);
  assert.deepEqual(headers, [
    ["Accept", "*/*"],
    ["Authorization", `Bearer ${VALUE}`],
  ]);
});

test("row 94: a value with replacement patterns is written as it is", () => {
  assert.deepEqual(headerValues(apply({}, []).headers, "authorization"), [`Bearer ${VALUE}`]);
});

test("row 99: logins of another account are dropped where ours is written", () => {
  const foreign = [
    ...["Cookie", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Private-Token", "X-Auth-Token", "x-gitlab-token"],
    ...["X-Shopify-Access-Token", "X-Vault-Token", "circle-token", "X-Figma-Token", "x-github-token", "X_Vault_Token"],
    ...["X-Amz-Security-Token", "X-Goog-Iam-Authorization-Token", "Ocp-Apim-Subscription-Key", "DD-APPLICATION-KEY"],
    ...["X-Auth-Key", "apikey", "X-Authorization", "x-ms-authorization-auxiliary", "JOB-TOKEN", "X-Client-Secret"],
  ].map((name) => [name, "other"] as const);
  assert.deepEqual(apply({}, [...foreign, ["X-Kept", "1"]]).headers, [
    ["X-Kept", "1"],
    ["Authorization", `Bearer ${VALUE}`],
  ]);
});

test("ordinary fields whose names look like logins stay", () => {
  const kept = [
    ...["Idempotency-Key", "Sec-WebSocket-Key", "X-CSRF-Token", "X-XSRF-Token", "Cache-Key", "Lock-Token"],
    ...["anthropic-version", "anthropic-beta", "anthropic-dangerous-direct-browser-access", "x-app", "x-stainless-os"],
    ...["X-Claude-Code-Session-Id", "X-GitHub-Api-Version", "Git-Protocol", "X-GitHub-Media-Type", "If-None-Match"],
    ...[
      "x-ms-encryption-key",
      "x-amz-server-side-encryption-customer-key",
      "x-ms-continuation-token",
      "OpenAI-Project",
    ],
  ].map((name) => [name, "1"] as const);
  assert.deepEqual(apply({}, kept).headers.slice(0, -1), kept);
});

test("basic: the pair that git sends", () => {
  const { headers } = apply({ scheme: { kind: "basic", username: "x-access-token" } }, [
    ["Authorization", "Basic b2xk"],
  ]);
  assert.deepEqual(headers, [["Authorization", `Basic ${Buffer.from(`x-access-token:${VALUE}`).toString("base64")}`]]);
});

test("header: a field of its own, and what the binding drops", () => {
  const scheme = { kind: "header", header: "X-Api-Key", prefix: "k " } as const;
  const { headers } = apply({ scheme, drops: ["authorization", "x-other"] }, [
    ["x-api-key", "a"],
    ["X-API-KEY", "b"],
    ["Authorization", "Bearer p"],
    ["X-Other", "1"],
    ["X-Kept", "1"],
  ]);
  assert.deepEqual(headers, [
    ["X-Kept", "1"],
    ["X-Api-Key", `k ${VALUE}`],
  ]);
});

test("query: every instance goes in whatever spelling, ours comes last, the others keep their bytes", () => {
  const scheme = { kind: "query", parameter: "key" } as const;
  const query = (text: string | null) => apply({ scheme }, [], text).query;
  const ours = `key=${encodeURIComponent(VALUE)}`;
  assert.equal(query(null), ours);
  assert.equal(query(""), ours);
  assert.equal(query("a=%7e+1&key=old&b&KEY=x&%6bey=y&k%65y&+key=z&c=1;key=2"), `a=%7e+1&b&${ours}`);
  assert.equal(query("monkey=1&keys=2&x=key"), `monkey=1&keys=2&x=key&${ours}`);
});

test("row 51: Connection cannot take an injected field away: it is written afterwards", () => {
  const head = readRequestHead(
    {
      method: "GET",
      target: "/",
      httpVersion: "1.1",
      rawHeaders: ["Host", "a.test", "Connection", "authorization", "Authorization", "Bearer p"],
    },
    credentialFields([binding()]),
  );
  assert.ok(head.ok);
  const { headers } = apply({}, rebuildRequestHeaders(head.head, { hostField: "a.test", identity: true }));
  assert.deepEqual(headerValues(headers, "authorization"), [`Bearer ${VALUE}`]);
  assert.deepEqual(headerValues(headers, "connection"), []);
});

test("row 69: a value that would end its field is refused, and not shown", () => {
  for (const value of ["", "a\r\nX: 1", "a\n", "a\0b", " a", "a ", "a\u0100", "a\x1b"]) {
    for (const scheme of [
      { kind: "bearer" },
      { kind: "query", parameter: "k" },
      { kind: "basic", username: "u" },
    ] as const) {
      const result = applyCredential(binding({ scheme }), new Secret("main", value), { headers: [], query: null });
      assert.equal(result.ok, false, JSON.stringify(value));
    }
  }
  assert.ok(
    !inspect(applyCredential(binding(), new Secret("main", "secret\nvalue"), { headers: [], query: null })).includes(
      "secret\nvalue",
    ),
  );
});

test("row 50: twins of every field that a credential writes or drops are guarded", () => {
  const fields = credentialFields([
    binding({ scheme: { kind: "header", header: "X-Custom-Key", prefix: "" }, drops: ["x-drop"] }),
  ]);
  for (const name of ["authorization", "x-custom-key", "x-drop", "x-api-key", "cookie"])
    assert.ok(fields.has(name), name);
});
