import { createWords, deleteWords, execWords, stopWords } from "./machine-words.ts";
import type { Manner } from "./manner.ts";

/** Each command that is asked for, as its words, and the options that it must know for us. */
export type Needs = ReadonlyMap<string, readonly string[]>;

const SPEC = {
  name: "x",
  volumes: [{ host: "/x", guest: "/x", writable: true }],
  limits: { memoryBytes: 1, cpus: 1 },
};

/** PURE: what is needed of a release that is driven in this manner, read off the words themselves. */
export function neededOptions(manner: Manner): Needs {
  const source = manner.source === "pack" ? ["--from", "/x"] : ["--image", "/x"];
  const sockets = manner.way === "socket" ? [{ host: "/x", guest: "/x" }] : [];
  const calls = [
    createWords(manner, { ...SPEC, source, sockets }),
    deleteWords(manner, "x"),
    ["machine", "start", "-n", "x"],
    stopWords("x"),
    execWords("x", true, []),
    execWords("x", false, []),
    // On a terminal.
    ["machine", "exec", "-t", "-e", "x"],
    ["machine", "ls", "--json"],
  ];
  const needs = new Map<string, string[]>();
  for (const words of calls) {
    const command = words.slice(0, 2).join(" ");
    const options = words.filter((word) => /^--?[a-z]/.test(word));
    needs.set(command, [...new Set([...(needs.get(command) ?? []), ...options])]);
  }
  return needs;
}

/** PURE: the options, as `-x` and `--long`, that a help text in the layout of clap lists. */
export function listedOptions(help: string): ReadonlySet<string> {
  const listed = new Set<string>();
  for (const line of help.split("\n")) {
    const found = /^(?: {2}(-[A-Za-z])(?:, (--[a-z][a-z0-9-]*))?| {6}(--[a-z][a-z0-9-]*))(?=[\s=[<]|$|\.\.\.)/.exec(
      line,
    );
    for (const option of found?.slice(1) ?? []) if (option !== undefined) listed.add(option);
  }
  return listed;
}

/** PURE: the first option that the command's help does not list, with its command; null: all are there. */
export function missingOption(needs: Needs, helps: ReadonlyMap<string, string>): string | null {
  for (const [command, options] of needs) {
    const listed = listedOptions(helps.get(command) ?? "");
    const missing = options.find((option) => !listed.has(option));
    if (missing !== undefined) return `${command} ${missing}`;
  }
  return null;
}
