import assert from "node:assert/strict";
import { test } from "node:test";
import { packRules } from "../../../src/core/policy/packs.ts";
import { parsePolicy } from "../../../src/core/policy/policy-format.ts";
import { policyProblems } from "../../../src/core/policy/validate.ts";
import { binding, deny, policy, rule } from "../../support/core/policies.ts";
import fc from "../../support/properties.ts";

const whole = policy([rule({ paths: ["/x"] }), ...packRules("npm")], [binding()], [deny({ paths: ["/y"] })]);

/** Every place in a value, as keys from its root. */
function placesIn(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [path, ...keys.flatMap((key) => placesIn(Reflect.get(value, key), [...path, key]))];
}

function withChange(value: unknown, path: readonly (string | number)[], change: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return change;
  const copy: unknown = Array.isArray(value) ? [...value] : { ...(value as object) };
  Reflect.set(copy as object, first, withChange(Reflect.get(copy as object, first), rest, change));
  return copy;
}

test("whatever stands in a stored policy, it is refused or may be used, and a rule that denies is never lost", () => {
  const change = fc.oneof(
    fc.constantFrom(null, "", "GET", "/x", "a.test", 0, 443, true, [], {}, [[]], "tcp", "inspect"),
    fc.anything({ maxDepth: 2 }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...placesIn(whole)), change, (path, value) => {
      const text = JSON.stringify(withChange(whole, path, value));
      const parsed = parsePolicy(text ?? "");
      if (!parsed.ok) return;
      assert.deepEqual(policyProblems(parsed.policy), []);
      assert.deepEqual(parsed.policy, { deny: [], ...JSON.parse(text) });
      if (path[0] !== "deny") assert.deepEqual(parsed.policy.deny, whole.deny);
    }),
    { numRuns: 20_000 },
  );
});

test("any text is refused or a policy", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      assert.equal(parsePolicy(text).ok, false);
    }),
    { numRuns: 2000 },
  );
});
