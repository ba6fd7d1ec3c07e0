import type { Readable } from "node:stream";
import { BottleError } from "../../../core/model/errors.ts";
import type { HostFacts } from "../../../core/model/host-facts.ts";
import { printable } from "../../../core/wire/printable.ts";
import { TarReader } from "../../../core/wire/tar-reader.ts";
import { type PackRequest, packFolder } from "../../../host/packed-folder.ts";
import { TreeProblem, TreeWriter } from "../../../host/tree-writer.ts";
import type { WorkshopResult } from "../../backend.ts";
import type { Engine } from "../engine.ts";
import { type ContainerJob, runContainer } from "../workshop-container.ts";

/** Where a volume is while it is filled or read. */
const PLACE = "/contents";

const EXTRACT = 'exec tar --extract --file=- --numeric-owner --preserve-permissions --directory="$1"';
const PACK = `exec tar --create --file=- --format=posix --sparse-version=1.0 --directory=${PLACE} .`;

/** Of what comes back out of a volume: our own repositories, so that these are only there against a bomb. */
const LIMITS = { entries: 1_000_000, bytes: 64 * 2 ** 30, pathBytes: 4096, depth: 128 };

export interface VolumeWork {
  readonly engine: Engine;
  readonly facts: HostFacts;
  /** The bottle that it is done for. */
  readonly bottle: string;
  readonly signal?: AbortSignal;
}

export interface Filling extends Omit<PackRequest, "tar"> {
  /** Where cages see the volume, when what their image has at that place is to stay beside what comes; and that image. */
  readonly beside?: { readonly guest: string; readonly image: string };
}

/** Fills a new volume with a folder of the operator. Rejects with PROVISION_FAILED, HOST_UNFIT. */
export async function fillVolume(volume: string, { beside, ...folder }: Filling, work: VolumeWork): Promise<void> {
  const { tar } = work.facts.tools;
  if (tar === undefined) throw new BottleError("HOST_UNFIT", "tar is missing", { hint: "apt install tar" });
  using packed = packFolder({ ...folder, tar });
  const guest = beside?.guest ?? PLACE;
  const mounts = [{ volume, guest, writable: true, begun: beside !== undefined }];
  const image = beside === undefined ? {} : { image: beside.image };
  const [result] = await Promise.all([
    contain({ mounts, script: EXTRACT, args: [guest], stdin: packed.stream, ...image }, work),
    packed.done,
  ]);
  judge(result, folder.folder, "sent to the engine");
}

/**
 * Writes what a volume holds into a folder of this machine, over what is there. Only regular files and folders, and
 * never through a link. Rejects with PROVISION_FAILED, HOST_UNFIT.
 */
export async function fetchVolume(volume: string, folder: string, work: VolumeWork): Promise<void> {
  using writer = new TreeWriter(folder);
  const reader = new TarReader(LIMITS);
  const failed = new AbortController();
  let mtime = 0;
  const take = (chunk: Buffer) => {
    for (const event of reader.push(chunk)) {
      if (event.type === "problem") throw new TreeProblem(event.problem);
      if (event.type === "data") writer.write(event.bytes);
      if (event.type === "close") writer.close(mtime);
      if (event.type !== "entry") continue;
      const { path, kind, mode, oddity } = event.entry;
      mtime = event.entry.mtime;
      if (kind === "folder" && path !== "") writer.folder(path, mode);
      else if (kind === "file") writer.open(path, mode);
      else if (kind !== "folder") throw new TreeProblem(`${printable(path, 200)} is ${oddity ?? "a link"}`);
    }
  };
  let problem: unknown = null;
  const onStdout = (chunk: Buffer) => {
    try {
      if (problem === null) take(chunk);
    } catch (error) {
      problem = error;
      failed.abort();
    }
    return undefined;
  };
  const signal = AbortSignal.any([failed.signal, ...(work.signal === undefined ? [] : [work.signal])]);
  const result = await contain({ mounts: [{ volume, guest: PLACE }], script: PACK, onStdout }, { ...work, signal });
  const why = problem ?? reader.end();
  if (why !== null && !work.signal?.aborted) {
    throw new BottleError("PROVISION_FAILED", `what came back of ${folder} is not sound: ${String(why)}`);
  }
  judge(result, folder, "brought back from the engine");
}

/** Runs a script of ours as root over volumes, in a container that has nothing else. */
export function contain(
  job: Pick<ContainerJob, "mounts" | "script" | "onStdout" | "args" | "image"> & { readonly stdin?: Readable },
  { engine, facts, bottle, signal }: VolumeWork,
): Promise<WorkshopResult> {
  return runContainer({ ...job, bottle, as: "owner", ...(signal !== undefined && { signal }) }, facts, engine);
}

function judge({ code, words }: WorkshopResult, folder: string, what: string): void {
  if (code === 0) return;
  const why = printable(words.trim().split("\n")[0] ?? "", 300) || `tar ended with ${code}`;
  throw new BottleError("PROVISION_FAILED", `${folder} could not be ${what}: ${why}`, {
    hint: "docker system df shows whether the engine has room",
  });
}
