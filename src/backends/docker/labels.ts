import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { ProcessIdentity } from "../../core/model/bottle-record.ts";
import { isName } from "../../core/model/ids.ts";

/**
 * What one of our things in an engine is. Everything that we make there has one of these. `home` and `workspace` are
 * volumes that a bottle keeps after its end, `volume` is one that serves a run.
 */
export const KINDS = ["cage", "workshop", "sidecar", "network", "volume", "home", "workspace", "image"] as const;
export type Kind = (typeof KINDS)[number];

/** Whose a thing is and what for; each is a label of it. Nothing here is secret. */
export interface Ownership {
  readonly kind: Kind;
  /** The bottle it serves; absent on what serves many. */
  readonly bottle?: string;
  /** uid of the operator. */
  readonly owner: number;
  /** The machine of the host process: an engine may serve several. */
  readonly machine: string;
  /** The process that ends it. */
  readonly host?: ProcessIdentity;
  /** Stands for the bottle's state folder: two operators' states may have bottles of one name. */
  readonly state?: string;
  readonly version: string;
}

const PREFIX = "bot-bottle";

/** The filter with which all of our things of a machine and an operator are listed (`--filter`). */
export function ownFilters({ owner, machine, kind }: { owner: number; machine: string; kind?: Kind }): string[] {
  const labels = { owner: String(owner), machine, ...(kind !== undefined && { kind }) };
  return Object.entries(labels).flatMap(([name, value]) => ["--filter", `label=${PREFIX}.${name}=${value}`]);
}

/** PURE: `--label` words. */
export function labelArguments(ownership: Ownership): string[] {
  return Object.entries(labelsOf(ownership)).flatMap(([name, value]) => ["--label", `${name}=${value}`]);
}

/** PURE: the labels themselves, for what is written down instead of run. */
export function labelsOf({ kind, bottle, owner, machine, host, state, version }: Ownership): Record<string, string> {
  const labels = {
    kind,
    owner: String(owner),
    machine,
    version,
    ...(bottle !== undefined && { bottle }),
    ...(state !== undefined && { state }),
    ...(host !== undefined && { host: `${host.pid}-${host.startTime}-${host.bootId}` }),
  };
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [`${PREFIX}.${name}`, value]));
}

/** Reads labels back; null when they are not ours in form. Pure. */
export function readLabels(labels: Readonly<Record<string, unknown>>): Ownership | null {
  const label = (name: string) => {
    const value = labels[`${PREFIX}.${name}`];
    return typeof value === "string" ? value : undefined;
  };
  const kind = KINDS.find((name) => name === label("kind"));
  const [owner, machine, bottle, state] = [label("owner"), label("machine"), label("bottle"), label("state")];
  if (kind === undefined || owner === undefined || !/^\d{1,10}$/.test(owner) || machine === undefined) return null;
  if (bottle !== undefined && !isName(bottle)) return null;
  const host = readHost(label("host"));
  return {
    kind,
    owner: Number(owner),
    machine,
    version: label("version") ?? "",
    ...(bottle !== undefined && { bottle }),
    ...(state !== undefined && { state }),
    ...(host !== null && { host }),
  };
}

function readHost(text: string | undefined): ProcessIdentity | null {
  const [, pid, startTime, bootId] = /^(\d{1,10})-(\d{1,20})-([0-9a-f-]{36})$/.exec(text ?? "") ?? [];
  return bootId === undefined ? null : { pid: Number(pid), startTime: Number(startTime), bootId };
}

/** Names this machine without telling its machine-id, which is confidential (machine-id(5)). */
export function machineName(): string {
  let id: string;
  try {
    id = readFileSync("/etc/machine-id", "latin1").trim();
  } catch {
    id = "";
  }
  return digest(id === "" || id === "uninitialized" ? hostname() : id);
}

/** Stands for a folder in a label, without its path. */
export function folderName(path: string): string {
  return digest(path);
}

function digest(text: string): string {
  return createHash("sha256").update(`bot-bottle\0${text}`).digest("hex").slice(0, 16);
}
