import assert from "node:assert/strict";
import test from "node:test";
import { grant } from "../../support/core/policies.ts";
import { get, openAsking } from "../../support/gateway/asking.ts";
import { eventually, HOST } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";

test("row 135: what was cut is not dialled once more, neither after a revoke nor after a client left", async (t) => {
  const closed: string[] = [];
  const stuck = await openOrigin({
    respond: (request, response) => {
      response.write("begun");
      response.once("close", () => closed.push(request.url ?? ""));
    },
  });
  const fixture = await openAsking(t, { origin: stuck });
  const granted = grant({ method: "GET", authority: `${HOST}:443`, path: "/a" });
  await fixture.gateway.apply({ ...fixture.policy, version: 2, grants: [granted] }, "grant");
  const [first, second, leaving] = [await fixture.inside(), await fixture.inside(), await fixture.inside()];
  get(first, "/a");
  get(second, "/a");
  for (const client of [first, second]) await client.until("begun");
  await fixture.gateway.apply({ ...fixture.policy, version: 3, grants: [] }, "revoked");
  await first.closed();
  await second.closed();
  get(leaving, "/listed");
  await leaving.until("begun");
  leaving.end();
  await eventually(() => closed.length === 3 && fixture.gateway.stats().exchanges === 0);
  // Whatever dials once more does so when the gateway hears of the closed connection: before it could serve another.
  const later = await fixture.inside();
  get(later, "/listed");
  await later.until("begun");
  assert.equal(fixture.dials.length, 4);
});
