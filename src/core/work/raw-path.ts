import type { RawPath } from "../model/work.ts";

/** The bytes of a path, for the system and for git's stdin. */
export function pathBytes(path: RawPath): Buffer {
  return Buffer.from(path, "latin1");
}

/** The path as text for people; what is not UTF-8 shows as U+FFFD. Not escaped: that is the sink's affair. */
export function pathText(path: RawPath): string {
  return pathBytes(path).toString("utf8");
}
