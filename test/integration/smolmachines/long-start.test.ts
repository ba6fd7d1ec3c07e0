/** An image that takes minutes to be read; a plain program in place of smolvm, and minutes that pass at once. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import { type Opening, openMachine } from "../../../src/backends/smolmachines/opening.ts";

/** Each call says that it has begun, and waits until it is let go; then an exec is ready and reads to its end. */
const PROGRAM = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
[ "$2" = ls ] && exec echo '[]'
echo $$ >"$2-new" && mv "$2-new" "$2"
while [ ! -e "$2-go" ]; do sleep 0.02; done
[ "$2" = exec ] && echo ready && read -r over
exit 0
`;

const STEPS = ["create", "start", "exec"] as const;

interface Slow {
  readonly folder: string;
  readonly opening: Opening;
  /** Waits until the call has begun. */
  begun(step: string): Promise<void>;
}

function slow(t: TestContext): Slow {
  const folder = mkdtempSync(join(tmpdir(), "slow-"));
  const program = join(folder, "smolvm");
  writeFileSync(program, PROGRAM, { mode: 0o755 });
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const smolvm = { program, env: { PATH: "/usr/bin:/bin" } };
  const reach = { smolvm, machine: "one", manner: mannerOf([1, 9, 3]), bringUp: null };
  const opening = openMachine(reach, ["machine", "create"], ["words"], null);
  t.after(async () => {
    for (const step of STEPS) writeFileSync(join(folder, `${step}-go`), "");
    opening.end();
    await opening.begun;
    await opening.ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const begun = async (step: string) => {
    while (!existsSync(join(folder, step))) await new Promise((resolve) => setImmediate(resolve));
  };
  return { folder, opening, begun };
}

test("each step of a machine that comes up may take minutes", { timeout: 60_000 }, async (t) => {
  const { folder, opening, begun } = slow(t);
  for (const step of STEPS) {
    await begun(step);
    t.mock.timers.tick(9 * 60_000);
    writeFileSync(join(folder, `${step}-go`), "");
  }
  await opening.ready;
});

test("one that is ended while it comes up is not waited for that long", { timeout: 60_000 }, async (t) => {
  const { folder, opening, begun } = slow(t);
  await begun("create");
  const pid = Number(readFileSync(join(folder, "create"), "utf8"));
  opening.end();
  t.mock.timers.tick(30_000);
  await opening.begun;
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  await assert.rejects(opening.ready);
});
