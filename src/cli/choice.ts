import { BottleError } from "../core/model/errors.ts";
import type { TreeChange } from "../core/model/work.ts";
import { printable } from "../core/wire/printable.ts";
import { shownPath } from "../session/work/apply.ts";
import { writePatch } from "../session/work/patch.ts";
import type { Work } from "../session/work/selection.ts";
import { reduceWork } from "../session/work/selection.ts";
import type { Io } from "./io.ts";
import { patchWriter } from "./terminal-patch.ts";

const HELP =
  "y: take it  n: leave it out  a: take it and all that follow  d: leave out it and all that follow  q: end, change nothing";

/** Shows each changed file and asks whether it shall land; `q` ends it with nothing changed. Errors: USAGE on `q`. */
export function chooser(io: Io, ask: (question: string) => Promise<string>): (work: Work) => Promise<Work> {
  return async (work) => {
    const chosen: TreeChange[] = [];
    let rest: boolean | null = null;
    for (const change of work.changes) {
      if (rest === null) {
        const answer = await askAbout(work, change, io, ask);
        if (answer === "q")
          throw new BottleError("USAGE", "ended by you; nothing was changed", { hint: "the work stays in the bottle" });
        if (answer === "a" || answer === "d") rest = answer === "a";
        if (answer === "y" || answer === "a") chosen.push(change);
      } else if (rest) chosen.push(change);
    }
    return reduceWork(work, chosen);
  };
}

async function askAbout(
  work: Work,
  { path }: TreeChange,
  io: Io,
  ask: (question: string) => Promise<string>,
): Promise<"y" | "n" | "a" | "d" | "q"> {
  const shown = shownPath(work.base.path, path);
  const writer = patchWriter(io);
  await writePatch(work, { what: "patch", paths: [shown], binary: false, width: 80 }, writer.write);
  writer.end();
  for (;;) {
    const answer = (await ask(`${printable(shown, 300)}: take it? [y,n,a,d,q,?] `)).trim().toLowerCase();
    if (answer === "y" || answer === "n" || answer === "a" || answer === "d" || answer === "q") return answer;
    if (answer === "") return "q";
    io.say(HELP);
  }
}
