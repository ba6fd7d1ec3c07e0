import { join } from "node:path";
import { isFields } from "../core/plan/fields.ts";
import { makePrivateFolder, readTextFile, writeFileAtomically } from "../host/files.ts";
import type { Layout } from "../state/layout.ts";
import { FIELDS, type Field, type Kept, type Theme } from "./model.ts";
import { readTags } from "./tags.ts";

const MAX_BYTES = 256 << 10;

const fileOf = ({ state }: Layout) => join(state, "dashboard.json");
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string").slice(-1000) : [];

/** What an earlier dashboard kept; what cannot be read is forgotten, since nothing of it matters to a bottle. */
export async function readKept(layout: Layout, theme: Theme): Promise<Kept> {
  const empty: Kept = { muted: [], tags: {}, seen: [], launch: null, theme };
  const file = await readTextFile(fileOf(layout), { maxBytes: MAX_BYTES, followLinks: false });
  if (file.kind !== "text") return empty;
  try {
    const value: unknown = JSON.parse(file.text);
    if (!isFields(value) || value.schema !== 1) return empty;
    const { launch } = value;
    const whole = isFields(launch) && FIELDS.every((field) => typeof launch[field] === "string");
    return {
      muted: texts(value.muted),
      tags: readTags(value.tags),
      seen: texts(value.seen),
      launch: whole
        ? (Object.fromEntries(FIELDS.map((field) => [field, launch[field]])) as Record<Field, string>)
        : null,
      theme: isTheme(value.theme) ? value.theme : theme,
    };
  } catch {
    return empty;
  }
}

/** Keeps it for the next dashboard; of two that write at once the last one counts. Errors: STATE_UNUSABLE. */
export async function writeKept(layout: Layout, uid: number, kept: Kept): Promise<void> {
  await makePrivateFolder(layout.state, uid);
  await writeFileAtomically(fileOf(layout), `${JSON.stringify({ schema: 1, ...kept }, null, 2)}\n`);
}

function isTheme(value: unknown): value is Theme {
  return value === "dark" || value === "light" || value === "none";
}
