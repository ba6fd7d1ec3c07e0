import { isName } from "../model/ids.ts";
import { isFields } from "./fields.ts";
import { labelProblems } from "./labels.ts";
import { nearest } from "./nearest.ts";

/** One line of a list of tasks: what it says beyond the command line. */
export interface Task {
  /** From 1. */
  readonly line: number;
  readonly prompt: string;
  readonly agent?: string;
  readonly path?: string;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly workspace?: string;
  readonly backend?: string;
  readonly allow?: readonly string[];
  readonly args?: readonly string[];
  readonly maxMinutes?: number;
}

export interface TaskProblem {
  readonly line: number;
  readonly message: string;
}

export interface ParsedTasks {
  readonly tasks: readonly Task[];
  readonly problems: readonly TaskProblem[];
}

/** More is no list that a person wrote, and each task is a bottle. */
const MAX_TASKS = 10_000;

/** No program can be given a NUL. */
const isText = (value: unknown): boolean => typeof value === "string" && !value.includes("\0");
const isFilled = (value: unknown): boolean => isText(value) && String(value).trim() !== "";
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isMap = (value: unknown): boolean => isFields(value) && Object.values(value).every(isText);

/** Keys of a line, and what each must be. */
const KEYS: Readonly<Record<Exclude<keyof Task, "line">, readonly [(value: unknown) => boolean, string]>> = {
  prompt: [isFilled, "a text that is not empty, without NUL"],
  agent: [isFilled, "the name of an agent"],
  path: [isFilled, "a folder"],
  name: [(value) => typeof value === "string" && isName(value), "a name of small letters, digits and -"],
  labels: [isMap, 'an object of texts, as {"team": "core"}'],
  workspace: [(value) => ["clone", "copy", "bind"].includes(String(value)), "clone, copy or bind"],
  backend: [isFilled, "the name of a backend"],
  allow: [areTexts, "a list of hosts or packs"],
  args: [areTexts, "a list of texts without NUL"],
  maxMinutes: [(value) => typeof value === "number" && value > 0 && value <= 30_240, "a number above 0, at most 30240"],
};

/**
 * Reads a list of tasks: one JSON object a line; empty lines and lines that begin with # are passed over. All problems
 * are told at once, each with its line. PURE.
 */
export function parseTasks(text: string): ParsedTasks {
  const tasks: Task[] = [];
  const problems: TaskProblem[] = [];
  const names = new Map<string, number>();
  for (const [index, written] of text.split("\n").entries()) {
    const line = index + 1;
    const trimmed = written.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const parsed = parseLine(trimmed);
    const wrong = [...parsed.problems];
    const { name } = parsed.fields;
    if (typeof name === "string") {
      const before = names.get(name);
      if (before !== undefined) wrong.push(`the name ${name} is that of line ${before}`);
      names.set(name, line);
    }
    problems.push(...wrong.map((message) => ({ line, message })));
    if (wrong.length === 0) tasks.push({ ...(parsed.fields as Omit<Task, "line">), line });
    if (tasks.length > MAX_TASKS)
      return { tasks, problems: [...problems, { line, message: `more than ${MAX_TASKS} tasks` }] };
  }
  if (tasks.length === 0 && problems.length === 0) problems.push({ line: 1, message: "there is no task in it" });
  return { tasks, problems };
}

function parseLine(text: string): { fields: Readonly<Record<string, unknown>>; problems: readonly string[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fields: {}, problems: ['is not JSON: one object a line, as {"prompt": "fix the test"}'] };
  }
  if (!isFields(value)) return { fields: {}, problems: ['is no object, as {"prompt": "fix the test"}'] };
  const problems = Object.entries(value).flatMap(([key, own]) => keyProblems(key, own));
  if (!("prompt" in value)) problems.push("has no prompt");
  return { fields: value, problems };
}

function keyProblems(key: string, value: unknown): string[] {
  const known = Object.hasOwn(KEYS, key) ? KEYS[key as keyof typeof KEYS] : undefined;
  if (known === undefined) {
    const meant = nearest(key, Object.keys(KEYS));
    return [`the key ${JSON.stringify(key)} is not known${meant === null ? "" : `; did you mean ${meant}?`}`];
  }
  const [check, what] = known;
  if (!check(value)) return [`${key} is to be ${what}`];
  return key === "labels" ? [...labelProblems(value as Record<string, string>)] : [];
}
