import assert from "node:assert/strict";
import { test } from "node:test";
import { denyLine, ruleLine } from "../../../src/core/plan/explain.ts";
import { planRules } from "../../../src/core/plan/rules.ts";
import { type Explanation, explainRequest, explainTunnel, originOf } from "../../../src/core/plan/why.ts";
import { packRules } from "../../../src/core/policy/packs.ts";
import { policyProblems } from "../../../src/core/policy/validate.ts";
import { authority, binding, deny, PLACEHOLDER, policy, rule } from "../../support/core/policies.ts";

const ask = (from: Parameters<typeof explainRequest>[0], method: string, url: string): Explanation =>
  explainRequest(from, method, url, ["192.0.2.7"]);

test("an allowed request: the rule, the credential by its name, what is still to be judged", () => {
  const open = policy([rule({ id: "operator:0", maxRequestBytes: 2048 })], [binding()]);
  const answer = ask(open, "POST", "https://a.test/x?q=1");
  assert.deepEqual(
    [answer.verdict, answer.reason, answer.rule?.id, answer.credentials],
    ["allow", "allowed", "operator:0", ["main"]],
  );
  const notes = answer.notes.join("\n");
  for (const word of ["credential main", "searched for", "up to 2K", "nothing was looked up"])
    assert.ok(notes.includes(word), notes);
  assert.equal(JSON.stringify(answer).includes(PLACEHOLDER), false);
  assert.deepEqual([answer.near, answer.remedy], [[], null]);
});

test("a spliced host is allowed as a whole, and says that nobody looks inside", () => {
  const answer = ask(policy([rule({ mode: "splice" })]), "DELETE", "https://a.test/x");
  assert.equal(answer.verdict, "allow");
  assert.match(answer.notes.join("\n"), /not looked into/);
  const partly = ask(policy([rule({ mode: "splice" })], [], [deny({ paths: ["/other"] })]), "GET", "https://a.test/x");
  assert.deepEqual([partly.reason, partly.rule?.id, partly.remedy], ["denied-by-rule", "deny:0", null]);
});

test("row 65: of an address that takes every action it says that the rule is full access", () => {
  const notesOf = (over: Parameters<typeof rule>[0], method: string, path: string) =>
    ask(policy([rule(over)]), method, `https://a.test${path}`).notes.join("\n");
  assert.match(notesOf({}, "POST", "/graphql"), /body alone, which is not judged: here the rule is full access/);
  assert.match(notesOf({ paths: ["/api/*"], methods: ["POST"] }, "POST", "/api/jsonrpc"), /full access/);
  assert.doesNotMatch(notesOf({ methods: ["GET"] }, "GET", "/graphql"), /full access/);
  assert.doesNotMatch(notesOf({}, "POST", "/items"), /full access/);
});

test("near misses say the first thing of each rule that does not fit", () => {
  const rules = [
    rule({ id: "port", port: 8443 }),
    rule({ id: "scheme", scheme: "http", port: 443 }),
    rule({ id: "path", paths: ["/y"] }),
    rule({ id: "method", methods: ["POST"] }),
    rule({ id: "below", host: "*.a.test" }),
    rule({ id: "other", host: "b.test" }),
  ];
  const { near, verdict } = ask(policy(rules), "GET", "https://a.test/x");
  assert.equal(verdict, "deny");
  assert.deepEqual(
    near.map((miss) => [miss.rule.id, /the (port|scheme|path|method|host itself)$/.exec(miss.miss)?.[1]]),
    [
      ["port", "port"],
      ["scheme", "scheme"],
      ["path", "path"],
      ["method", "method"],
      ["below", "host itself"],
    ],
  );
});

test("what is offered is the pack, the host, and the narrowest rule", () => {
  const { remedy } = ask(policy([]), "GET", "https://registry.npmjs.org/left-pad");
  assert.deepEqual(remedy, {
    pack: "npm",
    allow: "registry.npmjs.org",
    rule: { host: "registry.npmjs.org", methods: ["GET"], paths: ["/left-pad"] },
  });
  assert.equal(ask(policy([]), "PUT", "https://registry.npmjs.org/left-pad").remedy?.pack, null);
  assert.deepEqual(ask(policy([]), "GET", "http://a.test:8080/x?y").remedy, {
    pack: null,
    allow: null,
    rule: { host: "a.test", port: 8080, scheme: "http", methods: ["GET"], paths: ["/x"] },
  });
  // A path that is no pattern, or would be a wider one.
  assert.equal(ask(policy([]), "GET", "https://a.test//x").remedy?.rule?.paths, undefined);
  assert.equal(ask(policy([]), "GET", "https://a.test/x/*").remedy?.rule?.paths, undefined);
  // A host that is called like a pack is told apart by its port.
  assert.equal(ask(policy([]), "GET", "https://npm/x").remedy?.allow, "npm:443");
  assert.equal(ask(policy([]), "GET", "https://[2001:db8::1]:444/x").remedy?.allow, "[2001:db8::1]:444");
});

test("nothing is offered where nothing that is added helps", () => {
  const body = { shape: "anthropic-messages", allowProviderTools: [] } as const;
  const cases: readonly (readonly [ReturnType<typeof policy>, string, string, string])[] = [
    [policy([rule()], [], [deny({ paths: ["/x"] })]), "GET", "https://a.test/X/", "denied-by-rule"],
    [policy([], [], [deny()]), "GET", "https://a.test/x", "denied-by-rule"],
    [policy([]), "GET", "http://169.254.169.254/latest", "host-not-listed"],
    [policy([rule({ body, paths: ["/v1"] })]), "GET", "https://a.test/V1", "path-not-listed"],
    [policy([rule({ paths: ["/v1"] })]), "GET", "https://a.test/%2e%2e/v1", "path-ambiguous"],
    [policy([rule()]), "TRACE", "https://a.test/x", "method-refused"],
    [policy([rule()]), "GET", "https://user@a.test/x", "authority-invalid"],
    [policy([rule()]), "GET", "https://a.test/x#y", "request-malformed"],
    [policy([rule({ host: "b.test" })], [binding()]), "GET", `https://b.test/${PLACEHOLDER}`, "credential-wrong-host"],
  ];
  for (const [from, method, url, reason] of cases) {
    const answer = ask(from, method, url);
    assert.deepEqual([answer.verdict, answer.reason, answer.remedy], ["deny", reason, null], url);
  }
});

test("an address that is written down is judged without a lookup", () => {
  const dial = { kind: "tcp", address: "127.0.0.1", port: 1, caPem: null } as const;
  assert.match(ask(policy([rule({ dial })]), "GET", "https://a.test/").notes.join(), /dialled at 127.0.0.1 port 1/);
  const own = { kind: "unix", path: "/run/user/0/bot-bottle/x/control.sock", caPem: null } as const;
  assert.equal(ask(policy([rule({ dial: own })]), "GET", "https://a.test/").reason, "address-own");
});

test("a tunnel alone is explained by host and port", () => {
  const answer = explainTunnel(policy([]), authority("registry.npmjs.org:443"), []);
  assert.deepEqual(answer.remedy, { pack: "npm", allow: "registry.npmjs.org", rule: { host: "registry.npmjs.org" } });
  assert.equal(explainTunnel(policy([rule()]), authority("a.test:443"), []).verdict, "allow");
});

test("a rule's origin names file and place, or who brought it", () => {
  const places = { bottle: "dev", bottleFile: "/m.json", agent: "rev", agentFile: null };
  const of = (change: Parameters<typeof rule>[0]) => originOf(rule(change), places);
  assert.equal(of({ id: "operator:2" }), "bottles.dev.egress.rules[2] of /m.json");
  assert.equal(of({ id: "cli:0", source: "cli" }), "--allow on the command line");
  assert.equal(of({ id: "agent:model", source: "agent" }), "the agent's own rule");
  assert.match(originOf(packRules("npm")[0] ?? rule(), places), /^the rule pack npm \(/);
  assert.equal(originOf(deny({ id: "deny:bottle:1" }), places), "bottles.dev.egress.deny[1] of /m.json");
  assert.equal(originOf(deny({ id: "deny:agent:0", source: "project" }), places), "agents.rev.deny[0]");
});

test("--allow takes a pack, a host, and neither of them by mistake", () => {
  const planned = (...allow: string[]) =>
    planRules({ extra: [], operator: [], agent: [], packs: ["go"], allow, caPems: {}, home: "" });
  const ids = planned("npm", "localhost", "go", "npm").rules.map(({ id, host }) => `${id} ${host}`);
  assert.deepEqual(
    ids.filter((id) => !id.startsWith("pack:go")),
    ["cli:1 localhost", "pack:npm:0 registry.npmjs.org", "pack:npm:1 registry.yarnpkg.com"],
  );
  assert.equal(ids.filter((id) => id.startsWith("pack:go:0")).length, 1);
  assert.match(planned("nmp").mistyped.join(), /did you mean npm\? .*nmp:443/);
  assert.deepEqual(planned("nmp:443").mistyped, []);
});

test("an operator's dial for a host counts for a pack's rule too", () => {
  const dial = { address: "127.0.0.1", port: 8443 };
  const operator = [{ host: "registry.npmjs.org", paths: ["/mine"], dial }];
  const { rules } = planRules({ extra: [], operator, agent: [], packs: ["npm"], allow: [], caPems: {}, home: "" });
  const pack = rules.find(({ id }) => id === "pack:npm:0");
  assert.deepEqual(pack?.dial, { kind: "tcp", ...dial, caPem: null });
  assert.equal(rules.find(({ id }) => id === "pack:npm:1")?.dial, null);
  assert.equal(packRules("npm")[0]?.dial, null);
  assert.deepEqual(policyProblems(policy(rules)), []);
  const stray = rules.map((it) => (it.source === "operator" ? { ...it, dial: null } : it));
  assert.deepEqual(
    policyProblems(policy(stray)).map(({ path }) => path),
    ["rules[1].dial"],
  );
});

test("a URL that cannot be read: what a client would make of it before it is sent", () => {
  for (const [url, note] of [
    ["https://пример.example/", /^clients send such a host in its ASCII form/],
    ["https://a.test/straße", /^clients percent-encode/],
    ["https://user:word@a.test/", /^clients send a name and password as a header/],
    ["https://a.test/#top", /^clients keep what follows/],
  ] as const) {
    const answer = ask(policy([rule({ host: "a.test" })]), "GET", url);
    assert.equal(answer.verdict, "deny", url);
    assert.match(answer.notes.join("\n"), note, url);
  }
});

test("an IPv6 address stands in brackets before its port", () => {
  assert.match(ruleLine(rule({ host: "2001:db8::1" })), /^https:\/\/\[2001:db8::1\]:443 /);
  assert.match(denyLine(deny({ host: "::1", port: 80 })), /^\[::1\]:80 /);
});

test("row 98: why names the rule that would allow a token endpoint", () => {
  const { reason, remedy } = ask(policy([rule()], [binding()]), "POST", "https://a.test/oauth/token");
  assert.equal(reason, "token-minting");
  assert.deepEqual(remedy, {
    pack: null,
    allow: null,
    rule: { host: "a.test", methods: ["POST"], paths: ["/oauth/token"] },
  });
});

test("row 98: why says that cookies of the answer are dropped", () => {
  const notes = (over: Parameters<typeof rule>[0], credentials = [binding()]) =>
    ask(policy([rule(over)], credentials), "GET", "https://a.test/x").notes.filter((note) => /Set-Cookie/.test(note));
  assert.equal(notes({}).length, 1);
  assert.equal(notes({ cookies: "drop" }, []).length, 1);
  assert.deepEqual([notes({ cookies: "pass" }), notes({}, [])], [[], []]);
});
