import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { NOTIFY_DEFAULTS } from "../../../src/core/model/notice.ts";
import { startLookout } from "../../../src/session/lookout.ts";
import { eventually } from "../../support/operator.ts";

test("a low disk is told anew when who told it has ended long ago, and once by those who run now", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lookout-"));
  const layout = { state: folder, runtime: folder };
  const marker = join(folder, "disk-low");
  const told: string[] = [];
  const looks = new Map<string, number>();
  const kept: string[] = [];
  const lookoutOf = (bottle: string) => {
    const settings = { ...NOTIFY_DEFAULTS, events: ["disk-low" as const], stallMs: 20, diskBytes: 2 ** 60 };
    const mark = () => {
      looks.set(bottle, (looks.get(bottle) ?? 0) + 1);
      return String(looks.get(bottle));
    };
    const notifier = { settings, tell: ({ kind }: { kind: string }) => void told.push(`${kind} ${bottle}`) };
    const incidents = {
      settings,
      tell: ({ kind }: { kind: string }) => void kept.push(`${kind} ${bottle}`),
      withdraw: () => undefined,
    };
    return startLookout({ bottle, attachable: false, notifier, incidents, layout, mark });
  };
  try {
    writeFileSync(marker, "");
    utimesSync(marker, 1, 1);
    using _first = lookoutOf("a");
    await eventually("the old one keeps nobody silent", () => told.length > 0);
    utimesSync(marker, 1, 1);
    await eventually(
      "it is renewed while the disk is low",
      () => existsSync(marker) && statSync(marker).mtimeMs > 1000,
    );
    using _second = lookoutOf("b");
    await eventually("the second has looked", () => (looks.get("b") ?? 0) > 3);
    assert.deepEqual(told, ["disk-low a"]);
    assert.deepEqual(kept, ["disk-low a"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
