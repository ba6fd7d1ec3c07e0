import assert from "node:assert/strict";
import { test } from "node:test";
import type { SidecarPlace } from "../../../src/backends/backend.ts";
import type { AuditEvent } from "../../../src/core/model/audit.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { startRemoteServices } from "../../../src/session/remote-services.ts";
import { eventually, policyOf } from "../../support/gateway/fixture.ts";
import { openHostilePlace } from "../../support/sidecar/hostile-place.ts";

test("a sidecar that is gone for good is told of, once, and not only that it is started again", async (t) => {
  const place = openHostilePlace();
  let gone = false;
  const leaving: SidecarPlace = {
    listen: place.listen,
    run: async () => {
      if (gone) throw new BottleError("BOTTLE_GONE", "the sidecar is \u001b[31mgone");
      return place.run();
    },
  };
  const [events, alerts]: [AuditEvent[], string[]] = [[], []];
  const services = await startRemoteServices(
    {
      bottle: "one",
      policy: policyOf([{}]),
      secrets: async () => Promise.reject(new Error("none")),
      ownAddresses: () => [],
      audit: { append: async (event: AuditEvent) => void events.push(event) },
      onAlert: (text) => alerts.push(text),
    },
    leaving,
  );
  t.after(() => services.close());
  gone = true;
  place.sidecars[0]?.say("against the grammar\n");
  const tries = () => events.filter((event) => event.type === "session" && event.event === "service-not-started");
  await eventually(() => tries().length >= 2);
  assert.equal(alerts.length, 2, alerts.join("\n"));
  assert.match(alerts[0] ?? "", /ended and is started again/);
  assert.match(alerts[1] ?? "", /^nothing leaves the bottle while this cannot be mended: the sidecar is \S+gone$/);
  assert.ok(!alerts.join("").includes("\u001b"));
});
