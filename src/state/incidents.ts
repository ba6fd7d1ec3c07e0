import { randomBytes } from "node:crypto";
import { readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Incident, IncidentKind } from "../core/model/incident.ts";
import { orNull } from "../core/plan/checks.ts";
import { isFields } from "../core/plan/fields.ts";
import { isRequestId } from "../core/policy/proposal-format.ts";
import { makePrivateFolder, readTextFile, writeFileAtomically } from "../host/files.ts";

const KINDS: readonly IncidentKind[] = ["crashed", "failed", "stalled", "time-limit", "budget", "disk-low", "limit"];
const MAX_BYTES = 16 << 10;

/** A new incident, now. */
export function newIncident(kind: IncidentKind, text: string, command: string | null, now = new Date()): Incident {
  const id = `${randomBytes(4).toString("hex")}-${kind.replaceAll("-", "")}`;
  return { schema: 1, id, kind, text, command, createdAt: now.toISOString() };
}

/** Keeps an incident in a bottle's folder, in place of an earlier one of its kind. Errors: STATE_UNUSABLE. */
export async function writeIncident(folder: string, uid: number, incident: Incident): Promise<void> {
  await makePrivateFolder(folder, uid);
  await writeFileAtomically(fileOf(folder, incident.kind), `${JSON.stringify(incident, null, 2)}\n`);
}

/** What happened to a bottle and was not dismissed, the oldest first; what cannot be read is passed over. */
export async function readIncidents(folder: string): Promise<readonly Incident[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const kinds = KINDS.filter((kind) => names.includes(`${kind}.json`));
  const found = await Promise.all(kinds.map((kind) => readOne(folder, kind)));
  return found.filter((it) => it !== null).sort((a, b) => a.createdAt.localeCompare(b.createdAt));
}

/** Takes away the incident with this id, never a newer one of its kind; false: it was gone. */
export async function dismissIncident(folder: string, id: string): Promise<boolean> {
  const found = (await readIncidents(folder)).find((incident) => incident.id === id);
  if (found === undefined) return false;
  return unlink(fileOf(folder, found.kind)).then(
    () => true,
    () => false,
  );
}

/** Takes away what stands there of one kind, since it is over. */
export async function withdrawIncident(folder: string, kind: IncidentKind): Promise<void> {
  await unlink(fileOf(folder, kind)).catch(() => undefined);
}

function fileOf(folder: string, kind: IncidentKind): string {
  return join(folder, `${kind}.json`);
}

async function readOne(folder: string, kind: IncidentKind): Promise<Incident | null> {
  const file = await readTextFile(fileOf(folder, kind), { followLinks: false, maxBytes: MAX_BYTES });
  if (file.kind !== "text") return null;
  try {
    const value: unknown = JSON.parse(file.text);
    return isIncident(value) && value.kind === kind ? value : null;
  } catch {
    return null;
  }
}

function isIncident(value: unknown): value is Incident {
  if (!isFields(value) || value.schema !== 1 || !isRequestId(value.id)) return false;
  const { kind, text, command, createdAt } = value;
  const isText = (it: unknown) => typeof it === "string";
  const time = typeof createdAt === "string" && Number.isFinite(Date.parse(createdAt));
  return KINDS.includes(kind as IncidentKind) && isText(text) && orNull(isText)(command) && time;
}
