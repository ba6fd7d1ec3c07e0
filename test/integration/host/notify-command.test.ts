import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { diskNotice } from "../../../src/core/notices/words.ts";
import { notifyCommand } from "../../../src/host/notify-command.ts";
import { eventually } from "../../support/operator.ts";

test("of a notify command two run at once, few wait, and what is more is left out, said once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "notify-"));
  try {
    const [go, begun, told] = ["go", "begun", "told"].map((name) => join(folder, name)) as [string, string, string];
    const lines = (path: string) => (existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : []);
    const script = `echo x >>${begun}; until [ -e ${go} ]; do sleep 0.02; done; cat >>${told}`;
    const said: string[] = [];
    const command = notifyCommand(["/bin/sh", "-c", script], {}, (line) => said.push(line));
    for (let at = 1; at <= 20; at += 1) command.tell(diskNotice(`b${at}`, 0));
    await eventually("two run", () => lines(begun).length === 2);
    writeFileSync(go, "");
    await command.close();
    await eventually("all that waited are told", () => lines(told).length === 10);
    await command.close();
    const names = lines(told).map((line) => (JSON.parse(line) as { bottle: string }).bottle);
    assert.deepEqual(new Set(names), new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((at) => `b${at}`)));
    assert.deepEqual(said, ["bottle: the notify command is too slow: notices were left out"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
