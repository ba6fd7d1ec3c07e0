import { BottleError } from "../core/model/errors.ts";
import { printable, printableJson } from "../core/wire/printable.ts";
import { pathText } from "../core/work/raw-path.ts";
import { applyWork } from "../session/work/apply.ts";
import type { AppliedRepository, ApplyRequest } from "../session/work/apply-terms.ts";
import { collectWork } from "../session/work/collect.ts";
import { type BottleWork, type Collect, importBottleWork } from "../session/work/imported-work.ts";
import { selectWork, type Work } from "../session/work/selection.ts";
import { readShown, shownKey } from "../state/work-files.ts";
import { chooser } from "./choice.ts";
import type { Io } from "./io.ts";
import { questioner } from "./question.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, texts, type VerbInput, type VerbRun } from "./verb.ts";

/** `bottle apply`: the work of a bottle into the repository or folder that it came from. */
export const apply: VerbRun = applyBy(collectWork, questioner);

/** The verb with another way to get the work out of a bottle, and to ask. */
export function applyBy(collect: Collect, asker: typeof questioner): VerbRun {
  return async (input, io) => {
    const ask = asker(io);
    const request = applyRequest(input, io, ask);
    const context = sessionContext(io);
    const [name = ""] = input.positionals;
    await using all = await importBottleWork(name, collect, context);
    const works = await selectWork(all, request.from);
    await checkExpected(all, works, request.from, text(input, "expect") ?? null, ask);
    const results = await applyWork(all, works, request, context);
    if (text(input, "format") === "json") io.out(`${printableJson(asJson(name, request, results), 2)}\n`);
    else for (const line of describe(name, request, results)) io.out(`${line}\n`);
    return 0;
  };
}

function applyRequest(input: VerbInput, io: Io, ask: ReturnType<typeof questioner>): ApplyRequest {
  const branch = text(input, "branch") ?? null;
  const interactive = flag(input, "interactive");
  const ways = [branch !== null, flag(input, "patch"), interactive].filter(Boolean).length;
  if (ways > 1) {
    throw new BottleError("USAGE", "--branch, --patch and --interactive exclude each other", {
      hint: "give one of them",
    });
  }
  if (interactive && ask === null) {
    throw new BottleError("USAGE", "--interactive asks on a terminal, and there is none", {
      hint: "--patch takes all of it; bottle diff NAME PATH | git apply takes a part",
    });
  }
  return {
    mode: branch !== null ? "branch" : flag(input, "patch") || interactive ? "patch" : "head",
    branch,
    from: text(input, "from") ?? null,
    choose: interactive && ask !== null ? chooser(io, ask) : null,
    consent: { accept: texts(input, "accept"), acceptAll: flag(input, "acceptAll"), ask },
    dryRun: flag(input, "dryRun"),
  };
}

/** What lands is what was seen. Errors: WORK_MOVED. */
async function checkExpected(
  { name, folder }: BottleWork,
  works: readonly Work[],
  from: string | null,
  expected: string | null,
  ask: ReturnType<typeof questioner>,
): Promise<void> {
  const now = works[0]?.work ?? "";
  const look = `bottle diff ${name}${from === null ? "" : ` --from ${from}`}`;
  if (expected !== null) {
    if (/^[0-9a-f]{7,64}$/.test(expected) && now.startsWith(expected)) return;
    throw new BottleError("WORK_MOVED", `the work in ${name} is ${now}, not ${printable(expected, 80)}`, {
      hint: `look at it again: ${look}`,
    });
  }
  const shown = await readShown(folder);
  const moved = works.flatMap(({ base, work }) => {
    const before = shown[shownKey(base.path, from)];
    if (before === undefined || before === work) return [];
    return [`${base.path === "" ? "" : `${base.path} `}${before.slice(0, 12)} -> ${work.slice(0, 12)}`];
  });
  if (moved.length === 0) return;
  const message = `the bottle has moved on since you looked: ${printable(moved.join(", "))}`;
  const answer = ask === null ? "" : await ask(`${message}. Apply it as it is now? [y/N] `);
  if (/^y(?:es)?$/i.test(answer.trim())) return;
  throw new BottleError("WORK_MOVED", message, {
    hint: `look again: ${look}; or say that you mean this one: --expect ${now.slice(0, 12)}`,
  });
}

function describe(name: string, request: ApplyRequest, results: readonly AppliedRepository[]): readonly string[] {
  if (results.length === 0) return [`${name}: nothing to apply`];
  const would = request.dryRun ? "would apply" : "applied";
  return results.flatMap(({ path, commits, files, work, ref, pin, notes }) => {
    const onto = ref === null ? "" : ` onto ${printable(ref.replace("refs/heads/", ""), 100)}`;
    const parts = [
      ...(commits.length === 0 ? [] : [`${commits.length} ${commits.length === 1 ? "commit" : "commits"}${onto}`]),
      ...(files.length === 0 ? [] : [`${files.length} ${files.length === 1 ? "file" : "files"} written`]),
    ];
    const where = path === "" ? "" : `${printable(path)}: `;
    const kept = pin === null ? "" : `; kept as ${pin}`;
    const id = work.slice(0, 12);
    const line = parts.length === 0 ? `nothing new: ${id} has landed already` : `${would} ${id}: ${parts.join(", ")}`;
    return [`${where}${line}${kept}`, ...notes.map((note) => `  note: ${note}`)];
  });
}

function asJson(name: string, request: ApplyRequest, results: readonly AppliedRepository[]) {
  const repositories = results.map((result) => ({ ...result, files: result.files.map(pathText) }));
  return { schema: 1, bottle: name, dryRun: request.dryRun, repositories };
}
