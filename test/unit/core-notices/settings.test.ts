import assert from "node:assert/strict";
import { test } from "node:test";
import { NOTIFY_DEFAULTS } from "../../../src/core/model/notice.ts";
import { notifySettings } from "../../../src/core/notices/settings.ts";

test("what the manifest does not say is as by default; a program below the home folder is found there", () => {
  assert.deepEqual(notifySettings({}, "/home/me"), NOTIFY_DEFAULTS);
  assert.deepEqual(
    notifySettings(
      { command: ["~/bin/tell", "~/x"], events: ["crashed"], terminal: false, stallMinutes: 0.5, diskFree: "2M" },
      "/home/me",
    ),
    {
      command: ["/home/me/bin/tell", "~/x"],
      events: ["crashed"],
      terminal: false,
      stallMs: 30_000,
      diskBytes: 2 ** 21,
    },
  );
});
