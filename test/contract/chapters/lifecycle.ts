import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { BottleError } from "../../../src/core/model/errors.ts";
import type { Json } from "../../../src/core/model/plan.ts";
import { backendEnv } from "../../support/backend-env.ts";
import { NODE_FLAGS } from "../../support/node-flags.ts";
import { eventually } from "../../support/operator.ts";
import { rejectsWith } from "../../support/rejection.ts";
import { type TestBottle, testRecord } from "../../support/test-bottle.ts";
import type { Chapter } from "../clause.ts";

const OPENER = join(import.meta.dirname, "../bottle-opener-child.ts");

/** The record as it comes back from its file. */
function recordOf(b: TestBottle, handle: Json = b.bottle.handle) {
  const record = testRecord(b.plan.name, { phase: "running", backend: b.plan.backend, handle, run: b.folders.run });
  return JSON.parse(JSON.stringify(record)) as typeof record;
}

/** What another process says of the bottle. */
async function openElsewhere(column: string, b: TestBottle, ...words: readonly string[]): Promise<unknown> {
  const child = spawn(process.execPath, [...NODE_FLAGS, OPENER, column, ...words], {
    env: backendEnv(),
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify({ record: recordOf(b), folders: b.folders }));
  return JSON.parse(await text(child.stdout));
}

export const LIFECYCLE: Chapter = {
  title: "the life of a bottle",
  clauses: [
    {
      id: "life-runs",
      title: "a bottle runs by its name, once and not before, and its status says so",
      run: async ({ backend, open }) => {
        const b = await open();
        const name = b.plan.name;
        assert.equal(await b.bottle.status(), "running");
        assert.equal(await backend.runs(name, b.facts), true);
        assert.equal(await backend.runs(`${name}0`, b.facts), false);
        await b.bottle.close();
        assert.equal(await b.bottle.status(), "gone");
        await eventually("it does not run", async () => !(await backend.runs(name, b.facts)));
      },
    },
    {
      id: "life-open",
      title: "another process opens the bottle by its record, runs a command in it and closes it",
      run: async ({ backend, contender, open }) => {
        const b = await open();
        await b.sh("echo here >~/from-launcher");
        const again = await backend.open(recordOf(b), b.facts, b.folders);
        assert.ok(again !== null);
        const command = { argv: ["/bin/true"] };
        assert.deepEqual(again.frame(command, false), b.bottle.frame(command, false));
        assert.equal((await again.exec({ argv: ["/bin/sh", "-c", "exit 7"] })).code, 7);
        const expected = { status: "running", code: 7, stdout: "here\n" };
        assert.deepEqual(await openElsewhere(contender.column, b), expected);
        assert.deepEqual(await openElsewhere(contender.column, b, "close"), expected);
        await Promise.all([b.bottle.ended, again.ended]);
        assert.equal(await b.bottle.status(), "gone");
        assert.deepEqual(await openElsewhere(contender.column, b), { status: "null" });
      },
    },
    {
      id: "life-strange-handle",
      title: "a handle that is not ours, damaged or of an ended bottle opens nothing",
      run: async ({ backend, open }) => {
        const b = await open();
        const handle = b.bottle.handle as Record<string, Json>;
        const damaged = Object.keys(handle).map((key) => ({ ...handle, [key]: null }));
        for (const odd of [null, {}, [], "x", { version: 1 }, { ...handle, version: 99 }, ...damaged] as Json[]) {
          assert.equal(await backend.open(recordOf(b, odd), b.facts, b.folders), null, JSON.stringify(odd));
        }
        await b.bottle.close();
        assert.equal(await backend.open(recordOf(b), b.facts, b.folders), null);
      },
    },
    {
      id: "life-close",
      title: "part 6: close twice is harmless, everything is gone, and later calls answer so",
      run: async ({ contender, open }) => {
        const b = await open();
        const longEnds = rejectsWith("BOTTLE_GONE", b.bottle.exec({ argv: ["/bin/sleep", "60"] }));
        await b.sh("(setsid sleep 60 >/dev/null 2>&1 &)");
        assert.notDeepEqual(await contender.census(b.plan.name), [], "a running bottle is seen");
        await Promise.all([b.bottle.close(), b.bottle.close()]);
        await b.bottle.close();
        await b.bottle.ended;
        await longEnds;
        assert.equal(await b.bottle.status(), "gone");
        await rejectsWith("BOTTLE_GONE", b.bottle.exec({ argv: ["/bin/true"] }));
        const path = `${b.shell.guest.home}/x`;
        await rejectsWith("BOTTLE_GONE", b.bottle.put([{ path, mode: 0o644, content: Buffer.from("x") }]));
        await b.bottle.stop(10);
        if (contender.services === "sidecar") assert.deepEqual(await b.cleanup.run(), []);
        assert.deepEqual(readdirSync(b.folders.run), []);
        assert.deepEqual(await contender.census(b.plan.name), []);
        await b.dispose();
        assert.ok(!existsSync(b.folders.home));
      },
    },
    {
      id: "life-undo",
      title: "part 6: the undo steps of create alone leave nothing either",
      run: async ({ contender, open }) => {
        const b = await open();
        assert.deepEqual(await b.cleanup.run(), []);
        assert.equal(await b.bottle.status(), "gone");
        await b.bottle.close();
        assert.deepEqual(await contender.census(b.plan.name), []);
        assert.deepEqual(readdirSync(b.folders.run), []);
      },
    },
    {
      id: "life-stop",
      title: "stop gives TERM first and KILL after the grace, to orphans too; the bottle runs on",
      run: async ({ open }) => {
        const b = await open();
        const looping = (trap: string, up: string) => ({
          argv: ["/bin/bash", "-c", `trap "${trap}" TERM; echo up >~/${up}; while :; do sleep 0.05; done`],
        });
        const polite = b.bottle.exec(looping("echo bye >~/polite; exit 3", "up1"));
        const stubborn = b.bottle.exec(looping("", "up2"));
        await b.sh("(setsid bash -c 'trap \"\" TERM; echo $$ >~/orphan; exec sleep 60' >/dev/null 2>&1 &)");
        await b.sh("until [ -e ~/up1 ] && [ -e ~/up2 ] && [ -e ~/orphan ]; do sleep 0.02; done");
        await b.bottle.stop(1000);
        assert.equal((await polite).code, 3);
        assert.equal((await stubborn).code, 137);
        const orphan =
          'p=$(cat ~/orphan); kill -0 $p 2>/dev/null && ! grep -q "^State:.Z" /proc/$p/status || echo ended';
        assert.equal(await b.sh(`cat ~/polite; ${orphan}`), "bye\nended\n");
        assert.equal(await b.bottle.status(), "running");
      },
    },
    {
      id: "life-stop-any-moment",
      title: "stop and close end a command at whatever moment of its way in they come",
      timeoutMs: 400_000,
      run: async ({ open }) => {
        for (let afterMs = 0; afterMs <= 96; afterMs += 12) {
          const b = await open();
          const command = b.bottle.exec({ argv: ["/bin/sleep", "600"] }).catch((error: unknown) => error);
          await delay(afterMs);
          // A TERM that is lost on the way would cost the whole grace.
          await b.bottle.stop(600_000);
          await b.bottle.close();
          const end = await command;
          assert.ok(end instanceof BottleError || (end as { code: number }).code === 143, String(end));
          await b.dispose();
        }
      },
    },
    {
      id: "life-ended",
      title: "whoever ends a bottle, everybody who has it open is told",
      run: async ({ backend, open }) => {
        const b = await open();
        const again = await backend.open(recordOf(b), b.facts, b.folders);
        assert.ok(again !== null);
        await again.close();
        await Promise.all([b.bottle.ended, again.ended]);
        assert.equal(await b.bottle.status(), "gone");
        await rejectsWith("BOTTLE_GONE", b.bottle.exec({ argv: ["/bin/true"] }));
        await b.bottle.close();
      },
    },
    {
      id: "life-resume",
      title: "a bottle of the same name starts again on what home and workspace held",
      run: async ({ contender, open }) => {
        const b = await open();
        await b.sh("echo home >~/kept; echo work >kept");
        await b.bottle.close();
        assert.deepEqual(await b.cleanup.run(), []);
        const again = await open({ again: b });
        assert.equal(
          await again.sh("cat ~/kept kept; echo more >>~/kept && echo more >>kept && echo ok"),
          "home\nwork\nok\n",
        );
        assert.notDeepEqual(await contender.census(b.plan.name), []);
      },
    },
  ],
};
