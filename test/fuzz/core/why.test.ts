import assert from "node:assert/strict";
import { test } from "node:test";
import { planRules } from "../../../src/core/plan/rules.ts";
import { explainRequest } from "../../../src/core/plan/why.ts";
import { decideRequest } from "../../../src/core/policy/decide.ts";
import { packRules } from "../../../src/core/policy/packs.ts";
import { binding, deny, guardOf, policy, rule } from "../../support/core/policies.ts";
import { factsOf } from "../../support/core/url-requests.ts";
import fc from "../../support/properties.ts";

const piece = fc.constantFrom(
  ..."/ / a x // . .. %2e %2f %7e %25 %zz ; \\ ? # * @ : é %c3%a9 \u202e \u0000 \r\n".split(" "),
  "registry.npmjs.org",
  "info/refs",
  "service=git-receive-pack",
);
const host = fc.constantFrom(
  "a.test",
  "b.a.test",
  "registry.npmjs.org",
  "github.com",
  "npm",
  "127.0.0.1",
  "[::1]",
  "a.test:8443",
  "A.test.",
  "x@a.test",
  "2130706433",
  "169.254.169.254",
  "",
);
const url = fc
  .tuple(
    fc.constantFrom("https://", "http://", "HTTPS://", "https:/", "ftp://", ""),
    host,
    fc.array(piece, { maxLength: 8 }),
  )
  .map(([scheme, name, rest]) => `${scheme}${name}${rest.length === 0 ? "" : `/${rest.join("")}`}`);
const method = fc.constantFrom("GET", "POST", "PUT", "HEAD", "DELETE", "get", "TRACE", "CONNECT", "", "G\u0000T");
const from = fc.constantFrom(
  policy([]),
  policy([rule({ paths: ["/a/*"], methods: ["GET"] }), rule({ host: "*.a.test", mode: "splice" })], [binding()]),
  policy(
    [rule(), ...packRules("npm"), ...packRules("github-read")],
    [],
    [deny({ paths: ["/x/*"] }), deny({ id: "deny:1", host: "github.com", methods: ["POST"] })],
  ),
);

test("whatever is asked: an answer, the gateway's own, and what it offers is allowed once it is added", () => {
  let offered = 0;
  fc.assert(
    fc.property(from, method, url, (now, how, where) => {
      const answer = explainRequest(now, how, where, []);
      if (answer.verdict === "allow") {
        const facts = factsOf(how, where);
        const splices = answer.notes.some((note) => note.includes("not looked into"));
        if (!splices) assert.equal(decideRequest(now, guardOf(now), facts).verdict, "allow");
        assert.equal(answer.remedy, null);
        return;
      }
      const { remedy } = answer;
      if (remedy === null) return;
      offered += 1;
      const added = [
        { packs: remedy.pack === null ? [] : [remedy.pack], allow: [], operator: [] },
        { packs: [], allow: remedy.allow === null ? [] : [remedy.allow], operator: [] },
        { packs: [], allow: [], operator: remedy.rule === null ? [] : [remedy.rule] },
      ];
      for (const more of added) {
        const { rules, mistyped } = planRules({ extra: [], agent: [], caPems: {}, home: "", ...more });
        assert.deepEqual(mistyped, []);
        if (rules.length === 0) continue;
        const next = { ...now, rules: [...now.rules, ...rules.map((it) => ({ ...it, id: `added:${it.id}` }))] };
        assert.equal(explainRequest(next, how, where, []).verdict, "allow", JSON.stringify([how, where, more]));
      }
    }),
    { numRuns: 10_000 },
  );
  assert.ok(offered > 100, `only ${offered} remedies were tried`);
});
