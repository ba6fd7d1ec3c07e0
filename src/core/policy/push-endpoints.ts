import { laxPath } from "./path-readings.ts";

/** A request that is looked at for what it would carry to a git server. */
interface AskedFor {
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
}

/** Last segments of git's own writes (gitprotocol-http(5)) and of LFS's (its "Batch API", "File Locking API"). */
const PUSH = "git-receive-pack";
const LFS: readonly (readonly string[])[] = [
  ["info", "lfs", "objects", "batch"],
  ["info", "lfs", "objects"],
  ["info", "lfs", "locks"],
];

/**
 * What this would write to a git server past the git gate, for the operator; null when it is nothing of that kind. A push
 * is refused at its first question. LFS asks for up- and downloads by the same POST, so both are. Paths are read as a lax
 * server would; a rule that names the very path means it (`isNamed`). Attack row 115.
 */
export function pushEndpoint({ method, path, query }: AskedFor): string | null {
  const segments = laxPath(path)
    .join("/")
    .split(/[/\\]/)
    .map((segment) => segment.replace(/;.*$/s, ""))
    .filter((segment) => segment !== "" && segment !== ".");
  if (segments.at(-1) === PUSH) return "a push by git";
  if (endsWith(segments, ["info", "refs"]) && namesPush(query)) return "the first question of a push by git";
  const reads = method === "GET" || method === "HEAD";
  return !reads && LFS.some((end) => endsWith(segments, end)) ? "what git LFS asks before an upload" : null;
}

function endsWith(segments: readonly string[], end: readonly string[]): boolean {
  const last = segments.slice(-end.length);
  return last.length === end.length && last.every((segment, index) => segment === end[index]);
}

/** Whatever the spelling: a parser may take the first of several, the last, or decode them. */
function namesPush(query: string | null): boolean {
  if (query === null) return false;
  const decoded = query.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return [query, decoded].some((text) => text.toLowerCase().includes("receive-pack"));
}
