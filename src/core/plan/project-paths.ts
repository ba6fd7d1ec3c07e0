import { fieldsOf } from "./fields.ts";
import type { Keys } from "./project-file.ts";

/** A file or folder that a project's manifest names. */
export interface NamedPath {
  /** Where the manifest says it. */
  readonly place: Keys;
  /** As written. */
  readonly path: string;
}

/** Every path that the agents of a parsed manifest name, whatever else is wrong in it. */
export function namedPaths(value: unknown): readonly NamedPath[] {
  return Object.entries(fieldsOf(fieldsOf(value).agents)).flatMap(([name, agent]) => {
    const { skills, prompt } = fieldsOf(agent);
    const { file } = fieldsOf(prompt);
    const found: NamedPath[] = [];
    if (typeof file === "string") found.push({ place: ["agents", name, "prompt", "file"], path: file });
    for (const [index, path] of (Array.isArray(skills) ? skills : []).entries()) {
      if (typeof path === "string") found.push({ place: ["agents", name, "skills", index], path });
    }
    return found;
  });
}

/**
 * The parts of a path below the project, or a text that says why it is none: a project's file never reaches for the
 * rest of this host, trusted or not (attack row 141).
 */
export function projectPathParts(path: string): readonly string[] | string {
  if (path.startsWith("/") || path.startsWith("~")) return "a project's file names paths below the project only";
  if (path.includes("\0")) return "a path holds no NUL";
  const parts = path
    .replace(/^(?:\.\/+)+/, "")
    .split("/")
    .filter((part) => part !== "");
  if (parts.includes("..")) return 'a path has no ".." in it';
  if (parts.length === 0 || parts.includes(".")) return "this names no file or folder below the project";
  // What lies in there is no part of what people review.
  return parts[0]?.toLowerCase() === ".git" ? "what lies in .git is no part of the project" : parts;
}
