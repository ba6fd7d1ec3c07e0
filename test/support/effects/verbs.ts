import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CliResult } from "../operator.ts";
import {
  AGENT,
  begin,
  beginAndLose,
  beginAndRemove,
  beginDetached,
  beginHere,
  type EffectsWorld,
  startWords,
} from "./world.ts";

/** A verb in which one effect goes wrong, and what there is before. */
export interface EffectsVerb {
  /** No more than so many effects are passed over: it has few. */
  readonly few?: number;
  readonly before: (at: EffectsWorld, name: string) => Promise<void>;
  /** Runs it; `env` makes an effect of its process go wrong. */
  readonly run: (at: EffectsWorld, name: string, env: Record<string, string>) => Promise<CliResult>;
}

const words =
  (list: (name: string, at: EffectsWorld) => readonly string[]): EffectsVerb["run"] =>
  (at, name, env) =>
    at.operator.bottle(list(name, at), { env });

/** The host process undoes what it made: its effects count from the moment in which it is asked to. */
async function stopped(at: EffectsWorld, name: string, env: Record<string, string>): Promise<CliResult> {
  const asked = join(at.operator.home, `asked-${name}`);
  const { done } = await beginHere(at, name, { ...env, BOT_BOTTLE_TEST_EFFECT_FROM: asked });
  writeFileSync(asked, "");
  await at.operator.bottle(["stop", "--grace", "1", name]);
  return done;
}

/** Every verb that changes something. */
export const EFFECTS_VERBS: { readonly [name: string]: EffectsVerb } = {
  start: { before: async () => undefined, run: words((name, at) => startWords(at, name, AGENT)) },
  resume: { before: begin, run: words((name) => ["resume", name, "-p", AGENT]) },
  "resume of a lost one": { before: beginAndLose, run: words((name) => ["resume", name, "-p", AGENT]) },
  recover: { few: 4, before: beginAndLose, run: words((name) => ["recover", "--settle", name]) },
  exec: { few: 1, before: beginDetached, run: words((name) => ["exec", name, "--", "true"]) },
  stop: { few: 4, before: async () => undefined, run: stopped },
  rm: { before: begin, run: words((name) => ["rm", name]) },
  "rm of a lost one": { before: beginAndLose, run: words((name) => ["rm", name]) },
  apply: { before: begin, run: words((name) => ["apply", name, "--accept-all"]) },
  "archive restore": { few: 4, before: beginAndRemove, run: words((name) => ["archive", "restore", name]) },
};
