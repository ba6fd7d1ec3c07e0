import assert from "node:assert/strict";
import { test } from "node:test";
import { refusedGuest } from "../../../src/backends/guest.ts";
import { GUEST_HOME, guestFolder } from "../../../src/core/plan/guest.ts";
import fc from "../../support/properties.ts";

test("row 140: wherever a folder lies, its place inside is one that a bottle can give it", () => {
  const part = fc.constantFrom(
    "home",
    "agent",
    "usr",
    "etc",
    "tmp",
    "var",
    "opt",
    "run",
    "srv",
    "op",
    "x",
    "lib64",
    "dev",
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const host = `/${parts.join("/")}`;
      const guest = guestFolder(host);
      assert.equal(refusedGuest(guest, [GUEST_HOME, "/opt/agent"], true), null, `${host} at ${guest}`);
    }),
    { numRuns: 3000 },
  );
});
