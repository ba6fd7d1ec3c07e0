import assert from "node:assert/strict";
import { test } from "node:test";
import type { Policy } from "../../../src/core/model/policy.ts";
import { decideRequest, decideTunnel } from "../../../src/core/policy/decide.ts";
import {
  authority,
  binding,
  guardOf,
  PLACEHOLDER,
  policy,
  request,
  rule,
  SECRET_VALUE,
  tunnel,
} from "../../support/core/policies.ts";

const BODY = { shape: "anthropic-messages", allowProviderTools: [] } as const;

test("row 22: an empty policy denies everything", () => {
  const empty = policy([]);
  assert.equal(tunnel(empty, "a.test:443").reason, "host-not-listed");
  assert.equal(request(empty).reason, "host-not-listed");
  assert.equal(request(policy([rule({ methods: [] })])).reason, "method-not-listed");
  assert.equal(request(policy([rule({ paths: [] })])).reason, "path-not-listed");
});

test("an allow names its rule and the policy's version", () => {
  const { verdict, reason, rule: id, policyVersion, matched } = request(policy([rule({ id: "r1" })]));
  assert.deepEqual([verdict, reason, id, policyVersion, matched?.id], ["allow", "allowed", "r1", 7, "r1"]);
});

test("row 24: one policy for all schemes", () => {
  const only = policy([rule()]);
  assert.equal(request(only, { scheme: "http", authority: authority("a.test:80") }).reason, "port-not-listed");
  assert.equal(request(only, { scheme: "http", authority: authority("a.test:443") }).reason, "scheme-not-listed");
  assert.equal(request(only, { scheme: "http", authority: authority("b.test:80") }).reason, "host-not-listed");
  assert.equal(request(policy([rule({ scheme: "http", port: 80 })]), { scheme: "http" }).verdict, "allow");
});

test("row 24: a plain http rule opens no tunnel", () => {
  assert.equal(tunnel(policy([rule({ scheme: "http", port: 80 })]), "a.test:80").reason, "scheme-not-listed");
});

test("row 25, 39: IP literals and single labels need their own rule", () => {
  const wide = policy([rule({ host: "*.test" }), rule({ host: "*.1" })]);
  for (const target of ["127.0.0.1:443", "[::1]:443", "localhost:443", "test:443"]) {
    assert.equal(tunnel(wide, target).reason, "host-not-listed", target);
  }
  assert.equal(tunnel(policy([rule({ host: "localhost" })]), "localhost:443").verdict, "allow");
  assert.equal(tunnel(policy([rule({ host: "::1" })]), "[::1]:443").verdict, "allow");
});

test("row 58: the port is part of the rule", () => {
  for (const port of [22, 25, 80, 853, 2375, 6379, 8443])
    assert.equal(tunnel(policy([rule()]), `a.test:${port}`).reason, "port-not-listed");
});

test("a tunnel is inspected where any rule wants that, else spliced", () => {
  const splice = rule({ id: "s", host: "*.test", mode: "splice" });
  assert.equal(tunnel(policy([splice]), "a.test:443").mode, "splice");
  const both = tunnel(policy([splice, rule({ id: "i" })]), "a.test:443");
  assert.equal(both.mode, "inspect");
  assert.deepEqual(
    both.rules.map(({ id }) => id),
    ["i"],
  );
  assert.equal(tunnel(policy([]), "a.test:443").mode, null);
});

test("a host that is only spliced serves no readable request", () => {
  assert.equal(request(policy([rule({ mode: "splice" })])).reason, "tls-not-seen");
});

test("row 52, 61: method and path are judged for each request", () => {
  const narrow = policy([rule({ methods: ["GET"], paths: ["/x", "/d/*"] })]);
  assert.equal(request(narrow).verdict, "allow");
  assert.equal(request(narrow, { path: "/d/e" }).verdict, "allow");
  assert.equal(request(narrow, { method: "POST" }).reason, "method-not-listed");
  assert.equal(request(narrow, { path: "/y" }).reason, "path-not-listed");
  for (const method of ["TRACE", "CONNECT", "PROPFIND", "get"]) {
    assert.equal(request(policy([rule()]), { method }).reason, "method-refused", method);
  }
});

test("row 62: a method override in the query must be allowed too", () => {
  const readOnly = policy([rule({ methods: ["GET", "POST"] })]);
  assert.equal(request(readOnly, { method: "POST", query: "_method=DELETE" }).reason, "method-not-listed");
  assert.equal(request(readOnly, { method: "POST", query: "a=1&%5Fmethod=delete" }).verdict, "deny");
  assert.equal(request(readOnly, { method: "POST", query: "_method=get" }).verdict, "allow");
  assert.equal(request(policy([rule()]), { method: "POST", query: "_method=DELETE" }).verdict, "allow");
});

test("row 63: ambiguous paths are refused where paths matter, and pass where they do not", () => {
  for (const path of ["/a/../x", "/%2e%2e/x", "/d%2fx", "/d//x", "/d/;/x", "/d\\x", "/x%00"]) {
    assert.equal(request(policy([rule({ paths: ["/x", "/d/*"] })]), { path }).reason, "path-ambiguous", path);
    assert.equal(
      request(policy([rule(), rule({ id: "b", body: BODY, paths: ["/v1/messages"] })]), { path }).reason,
      "path-ambiguous",
      path,
    );
  }
  assert.equal(request(policy([rule()]), { path: "/a/../x" }).verdict, "allow");
});

test("row 64: query and fragment never match a path", () => {
  const narrow = policy([rule({ paths: ["/allowed"] })]);
  assert.equal(request(narrow, { path: "/x", query: "/allowed" }).reason, "path-not-listed");
});

test("row 65, 137: a broad rule never lifts a body rule, and no near miss dodges it", () => {
  const messages = rule({ id: "body", methods: ["POST"], paths: ["/v1/messages"], body: BODY });
  const broad = rule({ id: "broad" });
  const at = (path: string, rules = [broad, messages]) => request(policy(rules), { method: "POST", path });
  assert.equal(at("/v1/messages").matched?.id, "body");
  assert.equal(at("/v1/other").matched?.id, "broad");
  for (const path of ["/V1/messages", "/v1/Messages", "/v1/messages/", "/v1/%6dessages"])
    assert.equal(at(path).reason, "path-ambiguous", path);
  // A sign that some servers compare decoded, and a wildcard's own folder.
  const generate = rule({ id: "body", methods: ["POST"], paths: ["/v1/x:generate", "/v2/*"], body: BODY });
  for (const path of ["/v1/x%3Agenerate", "/v1/x%3agenerate/", "/V2/", "/v2"])
    assert.equal(at(path, [broad, generate]).reason, "path-ambiguous", path);
});

test("row 56: WebSocket by rule only, and never where a body rule holds", () => {
  const upgrade = { upgrade: "websocket" } as const;
  assert.equal(request(policy([rule()]), upgrade).reason, "upgrade-refused");
  assert.equal(request(policy([rule({ websocket: true })]), upgrade).verdict, "allow");
  assert.equal(request(policy([rule({ id: "no" }), rule({ id: "yes", websocket: true })]), upgrade).matched?.id, "yes");
  assert.equal(request(policy([rule({ websocket: true, body: BODY })]), upgrade).reason, "upgrade-refused");
});

test("a declared body above the rule's limit is refused before it is read", () => {
  const small = policy([rule({ maxRequestBytes: 10 })]);
  assert.equal(request(small, { method: "POST", bodyLength: 11 }).reason, "body-too-large");
  assert.equal(request(small, { method: "POST", bodyLength: 10 }).verdict, "allow");
});

const withCredential = policy(
  [
    rule(),
    rule({ host: "b.test" }),
    rule({ scheme: "http", port: 80 }),
    rule({ port: 8443 }),
    rule({ host: "*.w.test" }),
  ],
  [binding()],
);

test("credentials go to their hosts only", () => {
  assert.deepEqual(
    request(withCredential).credentials.map(({ name }) => name),
    ["main"],
  );
  assert.deepEqual(request(withCredential, { authority: authority("b.test") }).credentials, []);
  assert.deepEqual(request(withCredential, { authority: authority("a.test:8443") }).credentials, []);
});

test("row 96: no credential over plain http", () => {
  assert.deepEqual(request(withCredential, { scheme: "http" }).credentials, []);
});

test("row 88, 92: placeholder or secret at a wrong host or port is a block and an alert, in whatever place and form", () => {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  for (const value of [PLACEHOLDER, SECRET_VALUE]) {
    const places = [
      { headers: [["Authorization", `Bearer ${value}`]] },
      { headers: [["Authorization", `Basic ${base64(`x-access-token:${value}`)}`]] },
      { headers: [["User-Agent", value]] },
      { headers: [["X-Odd", Buffer.from(value).toString("hex")]] },
      { headers: [[value.replaceAll("_", "-"), "1"]] },
      { path: `/x/${value}` },
      { query: `k=${value}` },
      { query: `k=${[...value].map((c) => `%${c.charCodeAt(0).toString(16)}`).join("")}` },
      { query: `k=${encodeURIComponent(`%73${value.slice(1)}`)}` },
    ] as const;
    for (const place of places) {
      for (const elsewhere of [
        { authority: authority("b.test") },
        { authority: authority("a.test:8443") },
        { scheme: "http", authority: authority("a.test:80") },
      ] as const) {
        const decision = request(withCredential, { ...place, ...elsewhere });
        assert.deepEqual(
          [decision.reason, decision.alert, decision.credentials],
          ["credential-wrong-host", true, []],
          JSON.stringify(place),
        );
        assert.ok(!JSON.stringify(decision).includes(value), "the value is not repeated");
      }
    }
    assert.equal(request(withCredential, { headers: [["Authorization", `Bearer ${value}`]] }).verdict, "allow");
  }
});

test("row 88: also at a host that is not listed at all", () => {
  const decision = request(withCredential, {
    authority: authority("evil.test"),
    headers: [["X-Api-Key", PLACEHOLDER]],
  });
  assert.deepEqual([decision.reason, decision.alert], ["credential-wrong-host", true]);
});

test("row 42, 105: a credential in a host label is found before any DNS", () => {
  const host = authority(`${PLACEHOLDER}.w.test`);
  assert.equal(decideTunnel(withCredential, guardOf(withCredential), host).reason, "credential-wrong-host");
  assert.equal(request(withCredential, { authority: host }).reason, "credential-wrong-host");
});

test("row 105: also in a label below its own wildcard: the name would go to every resolver on the way", () => {
  const wide = policy([rule({ host: "*.w.test" })], [binding({ hosts: ["*.w.test"] })]);
  assert.equal(tunnel(wide, `${PLACEHOLDER}.w.test:443`).reason, "credential-wrong-host");
  assert.equal(tunnel(wide, "x.w.test:443").verdict, "allow");
});

test("row 93: at its own host an odd place is forwarded as it is", () => {
  assert.equal(request(withCredential, { headers: [["User-Agent", PLACEHOLDER]] }).verdict, "allow");
});

test("row 99: a token of another account in the query is refused where ours is written", () => {
  const decision = request(withCredential, { query: "Access_Token=other" });
  assert.deepEqual([decision.reason, decision.alert], ["foreign-credential", true]);
  assert.equal(
    request(withCredential, { authority: authority("b.test"), query: "access_token=other" }).verdict,
    "allow",
  );
  const foreign = [
    "token=x",
    "api_token=x",
    "private-token=x",
    "key=x",
    "a;access_token=mine",
    "a=1;b;key=x",
    "apiKey=x",
  ];
  for (const query of [...foreign, "%61ccess_token=x", "access_token[]=x", "+Access-Token=x", "oauth_token", "auth=x"])
    assert.equal(request(withCredential, { query }).reason, "foreign-credential", query);
  for (const query of ["pageToken=x", "page_token=x", "q=token", "tokens=1", "keyword=x", "sort_key=x", "NextToken=x"])
    assert.equal(request(withCredential, { query }).verdict, "allow", query);
  const byQuery = policy([rule()], [binding({ scheme: { kind: "query", parameter: "api_key" } })]);
  assert.equal(request(byQuery, { query: "api_key=placeholder" }).verdict, "allow");
  assert.equal(request(byQuery, { query: "api-key=other" }).reason, "foreign-credential");
});

test("a throw while deciding is a deny", () => {
  const broken = { version: 3, credentials: [], rules: [null] } as unknown as Policy;
  const guard = guardOf(policy([]));
  const facts = {
    scheme: "https",
    authority: authority("a.test"),
    method: "GET",
    path: "/",
    query: null,
    headers: [],
    upgrade: null,
    bodyLength: 0,
  } as const;
  const decision = decideRequest(broken, guard, facts);
  assert.deepEqual([decision.verdict, decision.reason, decision.alert], ["deny", "internal-error", true]);
  assert.equal(decideTunnel(broken, guard, facts.authority).reason, "internal-error");
  const throwing = {
    findMisplaced: () => {
      throw new Error("x");
    },
  };
  assert.equal(decideRequest(policy([rule()]), throwing, facts).reason, "internal-error");
});

test("row 99: a subprotocol of WebSocket that carries a login is refused where ours is written", () => {
  const ask = (value: string, credentials = [binding()]) =>
    request(policy([rule({ websocket: true })], credentials), {
      upgrade: "websocket",
      headers: [
        ["Host", "a.test"],
        ["Sec-WebSocket-Protocol", value],
      ],
    });
  const logins = [
    "realtime, openai-insecure-api-key.sk-other",
    "openai-insecure-API_KEY.x",
    "base64url.bearer.authorization.k8s.io.ZTMw, v4.channel.k8s.io",
    "access_token, e30",
    "Bearer, e30",
    "chat,jwt",
    `v1.${"x".repeat(80)}`,
  ];
  for (const value of logins) {
    const { reason, alert } = ask(value);
    assert.deepEqual([reason, alert], ["foreign-credential", true], value);
    assert.equal(ask(value, []).verdict, "allow", value);
  }
  const plain = [
    "realtime, openai-beta.realtime-v1",
    "graphql-transport-ws",
    "v4.channel.k8s.io",
    "wamp.2.json",
    "mqtt",
    "actioncable-v1-json, actioncable-unsupported",
    "vite-hmr",
    "basicstation",
    "author-chat",
  ];
  for (const value of plain) assert.equal(ask(value).verdict, "allow", value);
});
