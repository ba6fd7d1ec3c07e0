import { mkdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { run } from "../exec.ts";
import { readTextFile, writeFileAtomically } from "../files.ts";

const VERSION = /\b\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?\b/;
const LIMIT_MS = 10_000;
const UNKNOWN = "unknown";

/**
 * The version of a program, for the plan. Taken from what lies on disk where that says it (the native installer's file
 * name, npm's package.json); else the program is asked once, with no environment of ours, and the answer is kept by
 * path, size and time of change. `unknown` when it does not say. Never rejects.
 */
export async function programVersion(path: string, cache: string): Promise<string> {
  const named = new RegExp(`^${VERSION.source}$`).exec(basename(path))?.[0] ?? (await packagedVersion(path));
  if (named !== undefined) return named;
  const file = await stat(path);
  const stamp = `${file.size}:${file.mtimeMs}:${file.ino}`;
  const notes = join(cache, "agent-versions.json");
  const known = await readNotes(notes);
  if (known[path]?.stamp === stamp) return known[path].version;
  const version = await askedVersion(path);
  if (version === UNKNOWN) return version;
  try {
    await mkdir(cache, { recursive: true, mode: 0o700 });
    await writeFileAtomically(notes, `${JSON.stringify({ ...known, [path]: { stamp, version } }, null, 2)}\n`);
  } catch {
    // Only costs the question again next time.
  }
  return version;
}

/** From the package.json of the npm package that the file lies in. */
async function packagedVersion(path: string): Promise<string | undefined> {
  for (const folder of [dirname(path), dirname(dirname(path))]) {
    const text = await readTextFile(join(folder, "package.json"), { maxBytes: 64 << 10 });
    if (text.kind !== "text") continue;
    const version = field(parsed(text.text), "version");
    return typeof version === "string" && VERSION.test(version) ? VERSION.exec(version)?.[0] : undefined;
  }
  return undefined;
}

async function askedVersion(path: string): Promise<string> {
  try {
    const env = { PATH: "/usr/bin:/bin", HOME: "/nonexistent" };
    const answer = await run({ argv: [path, "--version"], env }, { timeoutMs: LIMIT_MS, maxBytes: 4096 });
    return answer.code === 0 ? (VERSION.exec(answer.stdout.toString("utf8"))?.[0] ?? UNKNOWN) : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}

type Notes = Readonly<Record<string, { readonly stamp: string; readonly version: string }>>;

async function readNotes(path: string): Promise<Notes> {
  const text = await readTextFile(path);
  const notes = text.kind === "text" ? parsed(text.text) : null;
  if (typeof notes !== "object" || notes === null) return {};
  const good = Object.entries(notes).filter(
    ([, note]) => typeof field(note, "stamp") === "string" && typeof field(note, "version") === "string",
  );
  return Object.fromEntries(good);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
