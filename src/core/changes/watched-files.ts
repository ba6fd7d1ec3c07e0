import { createHash } from "node:crypto";
import { isFields } from "../plan/fields.ts";

/** A file of an agent's configuration, as it was placed or as it is now. */
export interface WatchedFile {
  /** Absolute, in the bottle. */
  readonly path: string;
  /** The owner may execute it. */
  readonly executable: boolean;
  /** Hex, of what is compared. */
  readonly sha256: string;
  /** What is compared; null: no text, or too large to be shown. */
  readonly text: string | null;
}

const LONGEST_TEXT = 64 << 10;

/**
 * The files among `files` that are watched: `watched` names files and folders of a bottle, and of a JSON file after `#`
 * the only keys that count (`AgentProvider.watched`). JSON is compared by its meaning, since agents write it anew.
 */
export function watchedFiles(
  watched: readonly string[],
  files: readonly { readonly path: string; readonly mode: number; readonly content: Uint8Array }[],
): readonly WatchedFile[] {
  const places = watched.map((place) => {
    const [path = "", keys] = place.split("#");
    return { path, keys: keys?.split(",") ?? null };
  });
  return files.flatMap(({ path, mode, content }) => {
    const place = places.find((one) => path === one.path || path.startsWith(`${one.path}/`));
    if (place === undefined) return [];
    const compared = comparedText(path, content, place.keys);
    if (compared === null) return [];
    const sha256 = createHash("sha256").update(compared.bytes).digest("hex");
    return [{ path, executable: (mode & 0o100) !== 0, sha256, text: compared.text }];
  });
}

/** null: none of the keys that count is there. */
function comparedText(
  path: string,
  content: Uint8Array,
  keys: readonly string[] | null,
): { readonly bytes: Uint8Array; readonly text: string | null } | null {
  const text = textOf(content);
  if (text === null || !path.endsWith(".json")) {
    return { bytes: content, text: text !== null && text.length <= LONGEST_TEXT ? text : null };
  }
  const value = parsed(text);
  const chosen = keys === null || !isFields(value) ? value : pick(value, keys);
  if (keys !== null && isFields(value) && isFields(chosen) && Object.keys(chosen).length === 0) return null;
  const normal = canonical(chosen) ?? text;
  return { bytes: Buffer.from(normal), text: normal.length <= LONGEST_TEXT ? normal : null };
}

function textOf(content: Uint8Array): string | null {
  if (content.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON in one spelling, keys in order; undefined: no value, or nested deeper than the stack. */
function canonical(value: unknown): string | undefined {
  const ordered = (_key: string, inner: unknown): unknown =>
    isFields(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner;
  try {
    return value === undefined ? undefined : `${JSON.stringify(value, ordered, 2)}\n`;
  } catch {
    return undefined;
  }
}

function pick(value: Readonly<Record<string, unknown>>, keys: readonly string[]): unknown {
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(value, key)).map((key) => [key, value[key]]));
}
