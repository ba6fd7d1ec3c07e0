import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, newOperator, type Operator } from "../operator.ts";
import { makeRepository, type OperatorGit } from "../operator-repository.ts";

/** What a bottle is begun with where effects go wrong: words of `start`, and the operator's manifest. */
export interface EffectsKind {
  readonly title: string;
  readonly words: readonly string[];
  readonly manifest: object | null;
  /** What an engine was asked for before a kill may come after it: `prune` is called until nothing comes any more. */
  readonly settles?: boolean;
}

/** An operator with a repository, and the commits that agents said they had made. */
export interface EffectsWorld {
  readonly kind: EffectsKind;
  readonly operator: Operator;
  readonly git: OperatorGit;
  readonly promised: Set<string>;
}

/** Commits, and says which. */
export const AGENT =
  "git config user.name a; git config user.email a@b; git commit -q --allow-empty -m work; git rev-parse HEAD; echo loose > l";
const COMMIT = /^[0-9a-f]{40}$/gm;

/** Makes the world of one kind of bottle; its operator is the caller's to dispose of. */
export function effectsWorld(kind: EffectsKind): EffectsWorld {
  const operator = newOperator();
  if (kind.manifest !== null) operator.writeManifest(JSON.stringify(kind.manifest));
  return { kind, operator, git: makeRepository(operator), promised: new Set() };
}

/** Keeps the commits that a run speaks of. */
export function keepPromises({ promised }: EffectsWorld, stdout: string): void {
  for (const [id] of stdout.matchAll(COMMIT)) promised.add(id);
}

/** Words that start `script` under `name`. */
export const startWords = ({ kind }: EffectsWorld, name: string, script: string): readonly string[] => [
  ...["start", "shell", ...kind.words, "--name", name, "-p", script],
];

/** A bottle that has ended. */
export async function begin(at: EffectsWorld, name: string): Promise<void> {
  const run = await at.operator.bottle(startWords(at, name, AGENT));
  assert.equal(run.code, 0, run.stderr);
  keepPromises(at, run.stdout);
}

/** A start in the foreground whose agent has committed and goes on; `done` resolves with its code and what it said. */
export async function beginHere(at: EffectsWorld, name: string, env: Record<string, string> = {}) {
  const child = at.operator.spawn(startWords(at, name, `${AGENT}; sleep 600`), env);
  child.stdin?.end();
  let stdout = "";
  let stderr = "";
  child.stderr?.on("data", (piece) => (stderr += String(piece)));
  const done = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, stdout, stderr })),
  );
  const committed = new Promise<void>((resolve) =>
    child.stdout?.on("data", (piece) => {
      stdout += String(piece);
      if (COMMIT.test(stdout)) resolve();
      COMMIT.lastIndex = 0;
    }),
  );
  await Promise.race([committed, done.then(() => assert.fail(`it ended before it had committed: ${stderr}`))]);
  keepPromises(at, stdout);
  return { child, done };
}

/** A bottle whose host process was killed. */
export async function beginAndLose(at: EffectsWorld, name: string): Promise<void> {
  const { child, done } = await beginHere(at, name);
  child.kill("SIGKILL");
  await done;
}

/** A bottle that runs in a host process of its own, in which nothing goes wrong. */
export async function beginDetached(at: EffectsWorld, name: string): Promise<void> {
  const run = await at.operator.bottle([...startWords(at, name, `${AGENT}; sleep 600`), "-d"]);
  assert.equal(run.code, 0, run.stderr);
  const log = join(at.operator.home, ".local/state/bot-bottle/bottles", name, "agent.log");
  const id = await eventually("the agent has committed", () => /^[0-9a-f]{40}$/m.exec(readFileSync(log, "utf8"))?.[0]);
  at.promised.add(id);
}

/** A bottle that was removed. */
export async function beginAndRemove(at: EffectsWorld, name: string): Promise<void> {
  await begin(at, name);
  assert.equal((await at.operator.bottle(["rm", name])).code, 0);
}
