import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { byteAgent, bytesGot } from "../../support/byte-agent.ts";
import { docker, thingsOf } from "../../support/docker/bundle-bottle.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";
import { makeRepository } from "../../support/operator-repository.ts";
import { onTerminal } from "../../support/operator-terminal.ts";
import { remainsOf } from "../../support/remains.ts";

const skip = skipWithout("docker-images", "python3", "script", "tmux");
const SECRET = ["kept", "out", "of", "containers", "4711"].join("-");
const PASTE = "\u001b[200~first line\rsecond 'line'\u001b[201~";

const hostOf = (operator: Operator, name: string): number =>
  JSON.parse(readFileSync(join(operator.home, ".local/state/bot-bottle/bottles", name, "record.json"), "utf8")).host
    .pid;

/** What any process of this machine says in its arguments and environment, of those that name the operator's run folder. */
function wordsOfHolders(runtime: string): string {
  const pids = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid));
  return pids
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "latin1");
        return words.includes(runtime) ? [words, readFileSync(`/proc/${pid}/environ`, "latin1")] : [];
      } catch {
        return [];
      }
    })
    .join("\n");
}

for (const placement of ["socket", "bundle"]) {
  test(`detached in containers, placement ${placement}: a list, attach, kill -9, recover, resume, the archive; no secret in what holds it`, {
    skip,
    timeout: 240_000,
  }, async () => {
    using operator = newOperator();
    const git = makeRepository(operator);
    const credential = {
      source: { env: "API_TOKEN" },
      hosts: ["api.example.com"],
      scheme: "bearer",
      variable: "TOKEN",
    };
    operator.writeManifest(
      JSON.stringify({ bottles: { default: { backend: "docker", placement, credentials: { api: credential } } } }),
    );
    const bottle = (...args: readonly string[]) => operator.bottle(args, { env: { API_TOKEN: SECRET } });
    const list = async (): Promise<{ name: string; state: string; exitCode: number | null }[]> =>
      JSON.parse((await bottle("ls", "--format", "json")).stdout);
    const [one, two, held] = ["one", "two", "held"].map((part) => `${part}-${placement}-${process.pid}`);
    assert.ok(one !== undefined && two !== undefined && held !== undefined);

    const tasks = join(operator.home, "tasks.jsonl");
    const lines = [
      { name: one, prompt: "echo a > a; echo first; exit 3" },
      { name: two, prompt: "echo second" },
    ];
    writeFileSync(tasks, lines.map((line) => JSON.stringify(line)).join("\n"));
    const [run, started] = await Promise.all([
      bottle("start", "shell", "--from", tasks, "--parallel", "2", "--format", "json"),
      bottle("start", "shell", "-d", "--name", held, "--", ...byteAgent("\u001b[?2004h\u001b[>4;2m")),
    ]);
    assert.deepEqual([started.code, started.stdout], [0, `${held}\n`], started.stderr);
    assert.equal(run.code, 1, run.stderr);
    const told = (JSON.parse(run.stdout) as { name: string; exitCode: number }[]).map((row) => [
      row.name,
      row.exitCode,
    ]);
    assert.deepEqual(told, [
      [one, 3],
      [two, 0],
    ]);
    assert.equal((await bottle("logs", "-f", one)).stdout, "first\n");
    assert.deepEqual((await bottle("wait", two, one)).stdout, "0\n3\n");

    const runtime = join(operator.env.XDG_RUNTIME_DIR ?? "", "bot-bottle");
    const attach = (keys: readonly (readonly [string, string])[]) =>
      onTerminal(
        { argv: ["/usr/bin/env", "-C", operator.workspace, ...operator.words, "attach", held], env: operator.env },
        keys,
      );
    const left = await attach([
      ["size 33x101", "resize 40 120"],
      ["size 40x120", PASTE],
      ["1b5b3230317e", "\u001b[13;2u"],
      ["3b3275", "resize 31 91"],
      ["size 31x91", "by hand \u001dd"],
    ]);
    assert.equal(left.code, 0, left.shown);
    const log = (await bottle("logs", held)).stdout;
    assert.equal(bytesGot(log), Buffer.from(`${PASTE}\u001b[13;2u`).toString("latin1"));
    const shown = [wordsOfHolders(runtime), ...thingsOf(held).map((thing) => docker("inspect", thing))].join("\n");
    assert.match(shown, /tmux\.sock/);
    assert.equal(shown.includes(SECRET), false, "row 147: a secret is in what holds the agent's terminal");

    // Of an agent that is killed with its host process nothing is adopted: one new cage, and the old is gone.
    const before = thingsOf(held);
    process.kill(hostOf(operator, held), "SIGKILL");
    await eventually("it is lost", async () => (await list()).find(({ name }) => name === held)?.state === "lost");
    assert.equal((await bottle("wait", held)).code, 125);
    const recovered = await bottle("recover", held);
    assert.equal(recovered.code, 0, recovered.stderr);
    const after = thingsOf(held);
    assert.equal(after.length, before.length);
    assert.deepEqual(
      after.filter((thing) => before.includes(thing)),
      [],
    );
    const again = await attach([["ready", "q"]]);
    assert.equal(again.code, 5, again.shown);
    assert.equal((await bottle("resume", "-d", one, "-p", "cat a; exit 4")).code, 0);
    assert.equal((await bottle("wait", one)).code, 4);
    assert.match((await bottle("logs", one)).stdout, /^a$/m);

    assert.deepEqual(await remainsOf(operator, [one, two, held]), []);
    assert.equal((await bottle("rm", one, two, held)).code, 0);
    const kept = JSON.parse((await bottle("archive", "ls", "--format", "json")).stdout) as {
      id: string;
      name: string;
      bundles: string[];
    }[];
    assert.deepEqual(kept.map(({ name }) => name).sort(), [held, one, two].sort());
    assert.deepEqual(
      kept.filter(({ bundles }) => bundles.length > 0).map(({ name }) => name),
      [one],
    );
    const id = kept.find(({ name }) => name === one)?.id ?? "";
    assert.equal((await bottle("archive", "restore", id)).code, 0);
    assert.equal(git("show", `refs/bottle/${id}/work:a`), "a");
    assert.equal((await bottle("archive", "prune", "--discard", "--older-than", "0")).code, 0);
  });
}
