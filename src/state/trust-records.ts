import { createHash } from "node:crypto";
import { readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import { isErrno, makePrivateFolder, readTextFile, writeFileAtomically } from "../host/files.ts";
import type { Layout } from "./layout.ts";
import { formatTrust, parseTrust, type TrustRecord } from "./trust-format.ts";

/** What is known of the operator's trust in one project. */
export type FoundTrust =
  | { readonly kind: "record"; readonly record: TrustRecord }
  | { readonly kind: "none" }
  /** Half a sentence about a record that does not count. */
  | { readonly kind: "unusable"; readonly file: string; readonly why: string };

/** Larger than any: paths and hashes of some thousand files. */
const MAX_BYTES = 8 << 20;

/**
 * One file for each project, so that two `bottle trust` at one moment never lose one of them. The name is a hash: a path
 * is no file name.
 */
function recordFile(layout: Layout, project: string): string {
  return join(layout.trust, `${createHash("sha256").update(project).digest("hex")}.json`);
}

/** The trust in the project at this real path. A record that is not ours, or not for this very path, does not count. */
export async function readTrust(layout: Layout, project: string, uid: number): Promise<FoundTrust> {
  const found = await readRecord(recordFile(layout, project), uid);
  if (found.kind !== "record" || found.record.project === project) return found;
  return { kind: "unusable", file: recordFile(layout, project), why: "is about another project" };
}

/** Keeps a record; an earlier one of the same project is gone then. Errors: STATE_UNUSABLE. */
export async function writeTrust(layout: Layout, record: TrustRecord, uid: number): Promise<void> {
  await makePrivateFolder(layout.state, uid);
  await makePrivateFolder(layout.trust, uid);
  await writeFileAtomically(recordFile(layout, record.project), formatTrust(record));
}

/** Ends the trust in a project; false: there was none. Errors: STATE_UNUSABLE. */
export async function removeTrust(layout: Layout, project: string): Promise<boolean> {
  const file = recordFile(layout, project);
  try {
    await unlink(file);
    return true;
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR")) return false;
    throw new BottleError("STATE_UNUSABLE", `${file} cannot be removed`, { hint: "remove it by hand", cause });
  }
}

/** Every record, by project, then what is in the folder and counts for nothing. */
export async function listTrust(
  layout: Layout,
  uid: number,
): Promise<readonly Exclude<FoundTrust, { kind: "none" }>[]> {
  let names: string[];
  try {
    names = await readdir(layout.trust);
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return [];
    throw new BottleError("STATE_UNUSABLE", `${layout.trust} cannot be listed`, { hint: "is it yours?", cause });
  }
  const named = names.filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).map((name) => join(layout.trust, name));
  const found = await Promise.all(
    named.map(async (file) => {
      const one = await readRecord(file, uid);
      if (one.kind !== "record" || recordFile(layout, one.record.project) === file) return one;
      return { kind: "unusable", file, why: "is about another project" } as const;
    }),
  );
  const key = (one: FoundTrust) => (one.kind === "record" ? `0${one.record.project}` : "1");
  return found.filter((one) => one.kind !== "none").sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

async function readRecord(file: string, uid: number): Promise<FoundTrust> {
  const text = await readTextFile(file, { followLinks: false, maxBytes: MAX_BYTES });
  if (text.kind === "missing") return { kind: "none" };
  if (text.kind === "unreadable") return { kind: "unusable", file, why: text.why };
  if (text.uid !== uid) return { kind: "unusable", file, why: `belongs to user ${text.uid}, not to you` };
  if ((text.mode & 0o022) !== 0) return { kind: "unusable", file, why: "may be written by others" };
  const parsed = parseTrust(text.text);
  return parsed.ok ? { kind: "record", record: parsed.record } : { kind: "unusable", file, why: parsed.problem };
}
