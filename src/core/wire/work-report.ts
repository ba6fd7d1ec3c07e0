/** Hash of the names of a repository's objects. */
export type ObjectFormat = "sha1" | "sha256";

/** What a workshop's script says of one repository before the stream. Every value was checked for its shape. */
export interface WorkReport {
  readonly format: ObjectFormat;
  /** Commit with which the agent begins; only in the report of a start. */
  readonly snapshot: string | null;
  /** Commit whose tree is all files as they lie there; only in the report of a collection. */
  readonly work: string | null;
  readonly head: string | null;
  /** Full name, e.g. `refs/heads/main`. */
  readonly branch: string | null;
  readonly refs: readonly { readonly name: string; readonly id: string }[];
  /** Folders that are repositories of their own, relative, without a slash at the end. */
  readonly embedded: readonly string[];
  /** Files that could not be taken, for people to read: unreadable, no file at all, too large, or never still. */
  readonly missed: readonly string[];
  /** How many bytes of old objects follow the report, and whether these are all; null: none were asked for. */
  readonly history: { readonly bytes: number; readonly whole: boolean } | null;
}

/** Longest head of a report, in bytes. */
export const REPORT_LIMIT = 1 << 20;
const MOST_ENTRIES = 4096;

/**
 * Reads a report, the text before the empty line. It was made where an agent's files lie, so it is parsed like any
 * other bytes from there: anything of another shape makes all of it null.
 */
export function readWorkReport(text: string): WorkReport | null {
  const lines = text.split("\n");
  if (lines.length > MOST_ENTRIES) return null;
  const single = new Map<string, string>();
  const refs: { name: string; id: string }[] = [];
  const embedded: string[] = [];
  const missed: string[] = [];
  for (const line of lines) {
    const [key = "", value = "", third, ...more] = line.split(" ");
    if (more.length > 0 || (third !== undefined && key !== "ref")) return null;
    if (key === "embedded") {
      if (!isHex(value)) return null;
      const path = readPath(value);
      if (path !== null) embedded.push(path);
    } else if (key === "missed") {
      if (!isHex(value)) return null;
      missed.push(Buffer.from(value.slice(0, 8192), "hex").toString("utf8"));
    } else if (key === "ref") {
      if (!isHex(third ?? "") || !isObjectId(value)) return null;
      // A name that git would not take, or in other letters than UTF-8, is nobody's loss: its commits are HEAD's or not.
      const name = readRef(third ?? "");
      if (name !== null) refs.push({ name, id: value });
    } else {
      if (!SINGLE.has(key) || single.has(key)) return null;
      single.set(key, value);
    }
  }
  const format = single.get("format");
  if (format !== "sha1" && format !== "sha256") return null;
  const ids = ["snapshot", "work", "head"].map((key) => single.get(key) ?? null);
  const branch = single.get("branch");
  if (branch !== undefined && !isHex(branch)) return null;
  const named = branch === undefined ? null : readRef(branch);
  const length = format === "sha1" ? 40 : 64;
  const all = [...ids.filter((id) => id !== null), ...refs.map(({ id }) => id)];
  if (!all.every((id) => isObjectId(id) && id.length === length)) return null;
  const [snapshot = null, work = null, head = null] = ids;
  const history = readHistory(single);
  if (history === undefined) return null;
  return { format, snapshot, work, head, branch: named, refs, embedded, missed, history };
}

function readHistory(single: ReadonlyMap<string, string>): WorkReport["history"] | undefined {
  const whole = single.get("history-whole");
  const part = single.get("history-part");
  if (whole === undefined && part === undefined) return null;
  const bytes = whole ?? part ?? "";
  if ((whole !== undefined && part !== undefined) || !/^\d{1,12}$/.test(bytes)) return undefined;
  return { bytes: Number(bytes), whole: whole !== undefined };
}

const SINGLE = new Set(["format", "snapshot", "work", "head", "branch", "history-whole", "history-part"]);

function isObjectId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

function isHex(text: string): boolean {
  return /^(?:[0-9a-f]{2})+$/.test(text);
}

function fromHex(hex: string, longest: number): string | null {
  if (hex.length > 2 * longest) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(hex, "hex"));
  } catch {
    return null;
  }
}

/** git-check-ref-format(1), as far as a name could do harm: no control character, no `..`, no space or `~^:?*[\`. */
function readRef(hex: string): string | null {
  const name = fromHex(hex, 1024);
  const odd =
    name === null || !name.startsWith("refs/") || name.includes("..") || name.includes("@{") || name.includes("//");
  if (odd || /[\u0000-\u0020\u007f~^:?*[\\]/.test(name) || /(?:^|\/)\.|\.lock(?:\/|$)|[/.]$/.test(name)) return null;
  return name;
}

/** A path that stays below the folder that it is relative to. */
function readPath(hex: string): string | null {
  const path = fromHex(hex, 4096)?.replace(/\/+$/, "");
  if (path === undefined || path === "" || path.includes("\0")) return null;
  return path.split("/").some((part) => part === "" || part === "." || part === "..") ? null : path;
}
