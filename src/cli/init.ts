import { lstat, realpath, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { providers } from "../agents/providers.ts";
import { DEFAULT_BOTTLE } from "../core/model/definition.ts";
import { BottleError } from "../core/model/errors.ts";
import { isName } from "../core/model/ids.ts";
import { formatProblem } from "../core/plan/manifest-problems.ts";
import { packWord } from "../core/plan/pack-words.ts";
import { type StarterChoices, starterManifest } from "../core/plan/starter.ts";
import { printable } from "../core/wire/printable.ts";
import { shellWord } from "../core/wire/shell-words.ts";
import { isErrno, makePrivateFolder, writeFileAtomically } from "../host/files.ts";
import { createFile } from "../host/new-file.ts";
import { projectFolder } from "../session/project-folder.ts";
import { MANIFEST_NAME } from "../state/layout.ts";
import { draftProblems } from "../state/manifest-draft.ts";
import type { Io } from "./io.ts";
import { askShown } from "./question.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, texts, type VerbInput, type VerbRun } from "./verb.ts";

/** Options that say what shall stand in the file; with one of them nothing is asked. */
const CONTENT = ["agent", "provider", "bottle", "prompt", "allow", "memory", "cpus"];

/** `bottle init`: asks or takes options, and writes a manifest that is sound and commented, never over another unseen. */
export const init: VerbRun = async (input, io) => {
  const { layout, facts } = sessionContext(io);
  const by = flag(input, "project") ? "project" : "operator";
  const [path] = input.positionals;
  if (by === "operator" && path !== undefined) {
    throw new BottleError("USAGE", "your own manifest has its place in the configuration folder", {
      hint: `bottle init --project ${shellWord(path)} writes the project's`,
    });
  }
  if (by === "project" && flag(input, "operator")) {
    throw new BottleError("USAGE", "--operator and --project are two files", { hint: "run bottle init twice" });
  }
  const folder = by === "project" ? await existing(resolve(io.cwd, path ?? "."), facts.home) : layout.config;
  const file = by === "project" ? join(folder, MANIFEST_NAME) : layout.operatorManifest;
  const exists = () =>
    new BottleError("USAGE", `${file} exists`, { hint: "bottle info shows what it says; --force replaces it" });
  const force = flag(input, "force");
  // Before anything is asked: answers for nothing annoy. What counts is `createFile` below.
  if (!force && (await lstat(file).catch(() => null)) !== null) throw exists();
  const asks = io.interactive && !CONTENT.some((name) => input.options[name] !== undefined);
  const choices = asks ? await asked(by, io) : chosen(by, input);
  if (choices === null) {
    io.say("nothing was written");
    return 2;
  }
  for (const word of choices.allow) {
    const pack = packWord(word);
    if (pack !== null && "wrong" in pack)
      throw new BottleError("USAGE", `--allow ${printable(word, 64)}: ${pack.wrong}`, {
        hint: "docs/packs.md lists what each pack holds",
      });
  }
  const manifest = starterManifest(choices);
  const places = { layout, workspace: folder, home: facts.home, uid: facts.uid };
  const problems = await draftProblems(by, file, manifest, places, providers);
  if (problems.length > 0) {
    const lines = problems.map(({ path: place, message, hint }) => {
      const mend = hint === undefined ? "" : ` (${hint})`;
      return `  ${place === "" ? "" : `${place}: `}${message}${mend}`;
    });
    throw new BottleError("USAGE", [`this would not be a sound manifest:`, ...lines].join("\n"), {
      hint: "bottle help init says what each option takes",
      facts: { problems: problems.map(formatProblem) },
    });
  }
  if (by === "operator") await makePrivateFolder(layout.config, facts.uid);
  const mode = by === "operator" ? 0o600 : 0o644;
  if (force) await replace(file, manifest, mode);
  else if (!(await createFile(file, manifest, mode))) throw exists();
  if (text(input, "format") === "json") io.out(`${JSON.stringify({ file, by, text: manifest }, null, 2)}\n`);
  else io.out(`${file}\n`);
  for (const line of nextSteps(choices, folder)) io.say(line);
  return 0;
};

async function existing(path: string, home: string): Promise<string> {
  const real = await realpath(path).catch(() => null);
  if (real === null || !(await stat(real)).isDirectory()) {
    throw new BottleError("USAGE", `${path} is no folder`, { hint: "name the folder of the project" });
  }
  return projectFolder(real, home);
}

async function replace(file: string, manifest: string, mode: number): Promise<void> {
  try {
    await writeFileAtomically(file, manifest, mode);
  } catch (cause) {
    if (!isErrno(cause, "EISDIR", "ENOTEMPTY", "EEXIST")) throw cause;
    throw new BottleError("USAGE", `${file} is a folder`, { hint: "move it away", cause });
  }
}

function chosen(by: StarterChoices["by"], input: VerbInput): StarterChoices {
  const agent = text(input, "agent") ?? (by === "project" ? DEFAULT_AGENT : null);
  const [memory, cpus] = [text(input, "memory") ?? null, text(input, "cpus")];
  if (cpus !== undefined && !/^\d{1,4}(?:\.\d{1,3})?$/.test(cpus)) {
    throw new BottleError("USAGE", `--cpus takes a number, not ${cpus}`, { hint: "for instance --cpus 1.5" });
  }
  const allow = texts(input, "allow");
  const own = allow.length > 0 || memory !== null || cpus !== undefined || text(input, "bottle") !== undefined;
  return {
    by,
    agent:
      agent ?? (text(input, "prompt") === undefined && text(input, "provider") === undefined ? null : DEFAULT_AGENT),
    provider: text(input, "provider") ?? "claude",
    bottle: by === "project" && !own ? null : (text(input, "bottle") ?? (by === "project" ? agent : DEFAULT_BOTTLE)),
    prompt: text(input, "prompt") ?? null,
    allow,
    memory,
    cpus: cpus === undefined ? null : Number(cpus),
  };
}

/** Where no name is given and one is needed. */
const DEFAULT_AGENT = "dev";

/** The same by questions; null: the operator ended the input. */
async function asked(by: StarterChoices["by"], io: Io): Promise<StarterChoices | null> {
  /** Asks again until nothing is wrong with the answer; null: the operator ended the input. */
  const ask = async (question: string, wrong: (answer: string) => string | null = () => null) => {
    for (;;) {
      const answer = await askShown(question, io.signal);
      const problem = answer === null || answer.trim() === "" ? null : wrong(answer.trim());
      if (problem === null) return answer;
      io.say(`  ${problem}`);
    }
  };
  const example = by === "project" ? DEFAULT_AGENT : "none, the built-in agents need no entry";
  const name = await ask(`Name of an agent to define (empty: ${example}):`, (answer) =>
    isName(answer) ? null : "a name has 1 to 41 lower-case letters, digits and hyphens",
  );
  if (name === null) return null;
  const agent = name.trim() === "" ? (by === "project" ? DEFAULT_AGENT : null) : name.trim();
  const builtIn = Object.keys(providers).join(", ");
  const provider =
    agent === null
      ? ""
      : await ask(`Built-in agent that it builds on: ${builtIn} (empty: claude):`, (answer) =>
          Object.hasOwn(providers, answer) ? null : `there is: ${builtIn}`,
        );
  if (provider === null) return null;
  const prompt = agent === null ? "" : await ask("Standing instructions (empty: none):");
  if (prompt === null) return null;
  const trust = by === "project" ? "; needs bottle trust" : "";
  const hosts = await ask(
    `Hosts to reach over https, or rule packs, with spaces between (empty: only what the agent needs${trust}):`,
  );
  if (hosts === null) return null;
  const allow = hosts.split(/[\s,]+/).filter((host) => host !== "");
  return {
    by,
    agent,
    provider: provider.trim() === "" ? "claude" : provider.trim(),
    bottle: by === "operator" ? DEFAULT_BOTTLE : allow.length > 0 ? agent : null,
    prompt: prompt.trim() === "" ? null : prompt.trim(),
    allow,
    memory: null,
    cpus: null,
  };
}

function nextSteps({ by, agent, bottle }: StarterChoices, folder: string): readonly string[] {
  const name = agent ?? "claude";
  if (by === "operator") return [`next: bottle plan ${name} shows what it may do, bottle start ${name} runs it`];
  const start = `bottle start ${name} runs it in ${basename(folder)}`;
  return bottle === null
    ? [`next: ${start}`]
    : [`next: bottle trust ${shellWord(folder)}, since the file holds more than agents; then ${start}`];
}
