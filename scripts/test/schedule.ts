import { sep } from "node:path";

/** What a file's name says when its bottles are those of an engine. */
const OF_AN_ENGINE = /docker|containers/;
/** The suites, the one with the longest files first: none of those then begins last and runs alone. */
const LONGEST_FIRST = ["e2e", "faults", "escape", "contract", "integration", "fuzz", "unit"];
/** By here in the list the last file of an engine begins; each of them is among the longest. */
const ENGINE_UNTIL = 0.8;

/**
 * The order in which test files begin, the same for the same files (absolute or relative paths). A file with bottles of an
 * engine waits for it half of its time, the others compute: those of an engine are dealt among the others, so that
 * neither the machine idles nor everybody asks the engine at once.
 */
export function inTurns(files: readonly string[]): readonly string[] {
  const [waiting, computing]: [string[], string[]] = [[], []];
  for (const file of files) (OF_AN_ENGINE.test(fromSuite(file)) ? waiting : computing).push(file);
  computing.sort((a, b) => rank(a) - rank(b));
  const every = Math.floor((computing.length * ENGINE_UNTIL) / Math.max(waiting.length, 1));
  const dealt = waiting.flatMap((file, turn) => [file, ...computing.slice(turn * every, (turn + 1) * every)]);
  return [...dealt, ...computing.slice(waiting.length * every)];
}

/**
 * How many files run at once on a machine with so many processors: half as many again, since each waits now and then for what
 * it started. BOT_BOTTLE_TEST_FILES says another number.
 */
export function filesAtOnce(processors: number, asked = process.env.BOT_BOTTLE_TEST_FILES): number {
  const number = Number(asked ?? Math.ceil(processors * 1.5));
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`BOT_BOTTLE_TEST_FILES is "${asked}": it takes a number`);
  return number;
}

/** The path below `test`, so that the name of the checkout's folder says nothing. */
function fromSuite(file: string): string {
  return file.slice(file.lastIndexOf(`${sep}test${sep}`) + 1);
}

function rank(file: string): number {
  return LONGEST_FIRST.findIndex((suite) => fromSuite(file).startsWith(`test${sep}${suite}${sep}`));
}
