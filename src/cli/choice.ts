import { BottleError } from "../core/model/errors.ts";
import type { TreeChange, TreeEntry } from "../core/model/work.ts";
import { printable } from "../core/wire/printable.ts";
import { type Hunk, hunksOf, withHunks } from "../core/work/hunks.ts";
import { shownPath } from "../session/work/apply.ts";
import { writePatch } from "../session/work/patch.ts";
import { reduceWork, type Work } from "../session/work/selection.ts";
import { blobs } from "../session/work/trees.ts";
import type { Io } from "./io.ts";
import { patchWriter } from "./terminal-patch.ts";

type Ask = (question: string) => Promise<string>;
type Answer = "y" | "n" | "a" | "d" | "q" | "s";

const HELP: Readonly<Record<Answer, string>> = {
  y: "take it",
  n: "leave it out",
  a: "take it and all that follow",
  d: "leave out it and all that follow",
  q: "end, and change nothing",
  s: "ask for each of its parts",
};

/** Larger files are taken whole or not at all. */
const MAX_SPLIT = 8 << 20;

/**
 * Shows each changed file and asks whether it shall land; a text file can be split into its hunks. `q` ends it with
 * nothing changed. Errors: USAGE on `q`.
 */
export function chooser(io: Io, ask: Ask): (work: Work) => Promise<Work> {
  return async (work) => {
    const chosen: TreeChange[] = [];
    let rest: boolean | null = null;
    for (const change of work.changes) {
      if (rest !== null) {
        if (rest) chosen.push(change);
        continue;
      }
      const patch = await patchOf(work, change);
      show(io, patch);
      const hunks = splittable(change) ? hunksOf(patch.toString("latin1")) : [];
      const name = printable(shownPath(work.base.path, change.path), 300);
      const answer = await choice(`${name}: take it?`, hunks.length > 1, io, ask);
      if (answer === "a" || answer === "d") rest = answer === "a";
      if (answer === "y" || answer === "a") chosen.push(change);
      const part = answer === "s" ? await chosenPart(work, change, hunks, io, ask) : null;
      if (part !== null) chosen.push({ ...change, after: part });
    }
    return reduceWork(work, chosen);
  };
}

function splittable({ before, after }: TreeChange): boolean {
  return [before, after].every((entry) => entry?.mode === "100644" || entry?.mode === "100755");
}

async function patchOf(work: Work, { path }: TreeChange): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const request = { what: "patch", paths: [shownPath(work.base.path, path)], binary: false, width: 80 } as const;
  await writePatch(work, request, (piece) => void pieces.push(piece));
  return Buffer.concat(pieces);
}

function show(io: Io, patch: Buffer): void {
  const writer = patchWriter(io);
  writer.write(patch);
  writer.end();
}

/** The file with the hunks that were chosen; null when none was. */
async function chosenPart(
  work: Work,
  { before, after }: TreeChange,
  hunks: readonly Hunk[],
  io: Io,
  ask: Ask,
): Promise<TreeEntry | null> {
  if (before === null || after === null) return null;
  const { git } = work.quarantine;
  const old = (await blobs(git, [before.id], MAX_SPLIT)).get(before.id);
  if (old == null) {
    io.say("the file is too large to be split; it is left out");
    return null;
  }
  const chosen: Hunk[] = [];
  let rest: boolean | null = null;
  for (const [index, hunk] of hunks.entries()) {
    if (rest === null) {
      show(io, Buffer.from(`${[hunk.head, ...hunk.lines].join("\n")}\n`, "latin1"));
      const answer = await choice(`part ${index + 1} of ${hunks.length}: take it?`, false, io, ask);
      if (answer === "a" || answer === "d") rest = answer === "a";
      if (answer === "y" || answer === "a") chosen.push(hunk);
    } else if (rest) chosen.push(hunk);
  }
  if (chosen.length === 0) return null;
  const text = withHunks(old.toString("latin1"), chosen);
  if (text === null) throw new BottleError("INVARIANT", "a patch does not fit the file that it was made from");
  const id = await git.line(["hash-object", "-w", "--stdin"], { stdin: Buffer.from(text, "latin1") });
  return { mode: after.mode, id };
}

/** One answer; `q` never returns. */
async function choice(question: string, split: boolean, io: Io, ask: Ask): Promise<Exclude<Answer, "q">> {
  const letters = (Object.keys(HELP) as Answer[]).filter((letter) => split || letter !== "s");
  for (;;) {
    const word = (await ask(`${question} [${letters.join(",")},?] `)).trim().toLowerCase() || "q";
    const answer = letters.find((letter) => letter === word);
    if (answer === "q") {
      throw new BottleError("USAGE", "ended by you; nothing was changed", { hint: "the work stays in the bottle" });
    }
    if (answer !== undefined) return answer;
    for (const letter of letters) io.say(`${letter}: ${HELP[letter]}`);
  }
}
