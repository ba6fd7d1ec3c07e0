import { createHash } from "node:crypto";
import { createReadStream, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { Readable } from "node:stream";
import type { GuestFile } from "../../../core/model/command.ts";
import { BottleError } from "../../../core/model/errors.ts";
import type { BottlePlan, Mount } from "../../../core/model/plan.ts";
import { SERVICE_ALIASES, TRUST_FILES } from "../../../core/plan/gateway-env.ts";
import { TAR_END, tarHeader } from "../../../core/wire/tar-writer.ts";
import type { CreateContext } from "../../backend.ts";
import { GUEST } from "../../guest.ts";
import { guestArchive } from "../../guest-archive.ts";
import { realMount } from "../../mounts.ts";
import type { RunFiles } from "../../run-files.ts";
import { CERTIFICATES } from "../cage-arguments.ts";
import { callEngine, type Engine } from "../engine.ts";
import type { ShownPlace, VolumeMount } from "../mount-words.ts";
import { ownershipOf, thingName } from "../ownership.ts";
import { type StoredFolders, writeStoredFolders } from "./stored-folders.ts";
import { contain, fillVolume, type VolumeWork } from "./volume-contents.ts";
import { hasVolume, makeVolume, removeVolume } from "./volumes.ts";

/** What a cage has in place of the host's folders where the engine does not see them. */
export interface CageVolumes {
  readonly mounts: readonly ShownPlace[];
  /** Further words of `docker run`; `gateway` is the sidecar's address. */
  words(gateway: string): readonly string[];
  /** Places files of the session below `GUEST.run` in a cage that runs. Rejects with PROVISION_FAILED. */
  place(container: string, files: readonly GuestFile[]): Promise<void>;
  /** Removes what serves this run. Idempotent. Rejects with TEARDOWN_INCOMPLETE. */
  remove(): Promise<void>;
}

export interface VolumesRequest {
  readonly plan: BottlePlan;
  readonly context: CreateContext;
  readonly engine: Engine;
  /** What an earlier run of the bottle has; null: it is new. */
  readonly stored: StoredFolders | null;
  /** Those of the session, with `etc` filled. */
  readonly files: RunFiles;
  /** Id of the cage's image. */
  readonly image: string;
}

/** Of the files of the session: certificates, environment and a script. */
const RUN_BYTES = 16 * 2 ** 20;
const ETC_FILES = ["passwd", "group", "nsswitch.conf"] as const;

/** Where the volumes are while they are made ready. */
const READY = { home: "/ready/home", workspace: "/ready/workspace" } as const;

/**
 * Makes the volumes of a cage and fills them; what exists by then is on `context.cleanup`, but for home and workspace,
 * which stay with the bottle and go by `erase`. Rejects with WORKSPACE_REFUSED, PLAN_INVALID, STATE_UNUSABLE,
 * PROVISION_FAILED, CREATE_FAILED.
 */
export async function openVolumes(request: VolumesRequest): Promise<CageVolumes> {
  const { plan, context, engine, files, image } = request;
  const { facts, folders, cleanup, journal } = context;
  refuseBound(plan);
  const stored = await storedVolumes(request);
  const ownership = await ownershipOf("volume", plan.name, facts, folders);
  const made: string[] = [];
  let removed: Promise<void> | null = null;
  const remove = () => {
    removed ??= Promise.all(made.map((name) => removeVolume(engine, name))).then(() => undefined);
    return removed;
  };
  cleanup.push("volumes", remove);
  const newVolume = async (what: string): Promise<string> => {
    const name = thingName(ownership, what);
    await journal("volume", { name });
    made.push(name);
    await makeVolume(engine, name, ownership);
    return name;
  };
  const work: VolumeWork = { engine, facts, bottle: plan.name };
  const etc: VolumeMount = { volume: await newVolume("etc"), guest: "/etc", begun: true };
  const places = shownPlaces(plan.mounts.map(({ host, guest }) => ({ host: realMount(host), guest })));
  const alike = await makeReady({ stored, etc, places, etcFolder: files.etc, image }, work);
  const shown: VolumeMount[] = [];
  for (const [index, place] of places.filter(({ file }) => file === null || !alike.has(file)).entries()) {
    const volume = await newVolume(`shown${index}`);
    // Beside a single file stays what the image has there.
    const how = place.only === null ? {} : { only: [place.only], beside: { guest: place.guest, image } };
    await fillVolume(volume, { folder: place.folder, ...how }, work);
    shown.push({ volume, guest: place.guest });
  }
  const { home = "", workspace = "" } = stored.volumes;
  return {
    mounts: [
      etc,
      ...shown,
      { volume: home, guest: GUEST.home, writable: true },
      { volume: workspace, guest: plan.workspace.guest, writable: true },
    ],
    words: (gateway) => [
      // The holder's, so that the agent can change nothing there.
      ...[
        "--tmpfs",
        `${GUEST.run}:rw,exec,nosuid,nodev,mode=0755,uid=${GUEST.idleUid},gid=${GUEST.idleUid},size=${RUN_BYTES}`,
      ],
      ...SERVICE_ALIASES.flatMap((alias) => ["--add-host", `${alias}:${gateway}`]),
    ],
    place: async (container, list) => {
      const own = ["--user", `${GUEST.idleUid}:${GUEST.idleUid}`, "--workdir", "/", container];
      const tar = [
        "tar",
        "--extract",
        "--file=-",
        "--no-same-owner",
        "--preserve-permissions",
        "--directory",
        GUEST.run,
      ];
      const archive = guestArchive(list.map((file) => ({ ...file, path: belowRun(file.path) })));
      await callEngine(engine, ["exec", "--interactive", ...own, ...tar], { stdin: archive, code: "PROVISION_FAILED" });
    },
    remove,
  };
}

function refuseBound({ workspace }: BottlePlan): void {
  if (workspace.mode !== "bind") return;
  const why = "the engine does not see this machine's files";
  throw new BottleError("WORKSPACE_REFUSED", `${workspace.host} cannot be bound into a container: ${why}`, {
    hint: "use a workspace clone or copy, which travels to the engine and back, or an engine that runs on this machine",
  });
}

/** Home and workspace: found again, or made and written down before they are. */
async function storedVolumes({ plan, context, engine, stored }: VolumesRequest): Promise<StoredFolders> {
  const { facts, folders, journal } = context;
  const bottle = dirname(folders.home);
  if (stored !== null) {
    for (const kind of ["home", "workspace"] as const) {
      const name = stored.volumes[kind] ?? "";
      if (await hasVolume(engine, name, kind)) continue;
      throw new BottleError("STATE_UNUSABLE", `the engine has lost the ${kind} of ${plan.name}: no volume ${name}`, {
        hint: `was it removed (docker volume prune)? bottle rm --discard ${plan.name} removes the rest`,
      });
    }
    return stored;
  }
  const own = [folders.home, folders.workspace];
  if (own.some((folder) => readdirSync(folder).length > 0) || own.some((folder) => dirname(folder) !== bottle)) {
    throw new BottleError(
      "HOST_UNFIT",
      `the home and workspace of ${plan.name} are on this machine, and the engine does not see it`,
      {
        hint: "name the engine with which it was started (DOCKER_HOST, or docker context use)",
      },
    );
  }
  const ownerships = await Promise.all(
    (["home", "workspace"] as const).map((kind) => ownershipOf(kind, plan.name, facts, folders)),
  );
  const volumes = Object.fromEntries(ownerships.map((ownership) => [ownership.kind, thingName(ownership)]));
  await journal("volumes", volumes);
  // Whoever kills us now leaves a bottle that says what is to be removed.
  await writeStoredFolders(bottle, { engine, volumes });
  await Promise.all(ownerships.map((ownership) => makeVolume(engine, volumes[ownership.kind] ?? "", ownership)));
  return { engine, volumes };
}

/** A folder or a single file of this machine that the cage shows. */
interface ShownFromHost {
  readonly folder: string;
  /** The one file in it; null: all of it. */
  readonly only: string | null;
  /** Where the volume is shown. */
  readonly guest: string;
  /** Path inside of a single file. */
  readonly file: string | null;
}

/** A volume is a folder: a single file is shown as one of its folder. Throws PLAN_INVALID where that cannot be. */
function shownPlaces(mounts: readonly Mount[]): readonly ShownFromHost[] {
  const places = mounts.map(({ host, guest }): ShownFromHost => {
    if (statSync(host).isDirectory()) return { folder: host, only: null, guest, file: null };
    if (basename(host) !== basename(guest)) throw notShown(host, guest, "files under their own names only");
    return { folder: dirname(host), only: basename(host), guest: dirname(guest), file: guest };
  });
  const twice = mounts.find((_, index) => places.some(({ guest }, at) => at < index && guest === places[index]?.guest));
  if (twice !== undefined) throw notShown(twice.host, twice.guest, "one file of a folder only");
  return places;
}

function notShown(host: string, guest: string, only: string): BottleError {
  return new BottleError("PLAN_INVALID", `${host} cannot be shown at ${guest}: this engine can show ${only}`, {
    hint: "it does not see this machine's files, which therefore travel there as folders",
  });
}

interface Ready {
  readonly stored: StoredFolders;
  readonly etc: VolumeMount;
  readonly places: readonly ShownFromHost[];
  readonly etcFolder: string;
  readonly image: string;
}

/** Sent in: files of /etc. Said back: SHA-256 of each file of the image that is named, as `sha256sum` writes it. */
const MAKE_READY = `chown ${GUEST.uid}:${GUEST.uid} ${READY.home} ${READY.workspace} || exit
tar --extract --file=- --no-same-owner --directory=/etc || exit
for file; do [ ! -f "$file" ] || sha256sum -z -- "$file"; done`;

/**
 * Gives home and workspace to the agent and writes the made-up files of /etc over those of the image. Answers which of
 * the single files the image has anyway, byte for byte: mostly the agent's program, which need not travel.
 */
async function makeReady(
  { stored, etc, places, etcFolder, image }: Ready,
  work: VolumeWork,
): Promise<ReadonlySet<string>> {
  const { home = "", workspace = "" } = stored.volumes;
  const single = places.flatMap(({ file, folder, only }) =>
    file === null ? [] : [{ file, host: join(folder, only ?? "") }],
  );
  const [result, digests] = await Promise.all([
    contain(
      {
        image,
        script: MAKE_READY,
        args: single.map(({ file }) => file),
        stdin: Readable.from([etcArchive(etcFolder)]),
        mounts: [
          { volume: home, guest: READY.home, writable: true },
          { volume: workspace, guest: READY.workspace, writable: true },
          { ...etc, writable: true },
        ],
      },
      work,
    ),
    Promise.all(single.map(({ host }) => digestOf(host))),
  ]);
  if (result.code !== 0) {
    throw new BottleError("CREATE_FAILED", `the volumes could not be made ready: ${result.words.trim().slice(0, 300)}`);
  }
  const said = new Set(result.stdout.toString("utf8").split("\0"));
  return new Set(single.flatMap(({ file }, index) => (said.has(`${digests[index]}  ${file}`) ? [file] : [])));
}

function etcArchive(folder: string): Buffer {
  const files = ETC_FILES.map((name) => ({ path: name, mode: 0o644, content: readFileSync(join(folder, name)) }));
  const target = `${GUEST.run}/${TRUST_FILES.bundle}`;
  const link = tarHeader({
    path: relative("/etc", CERTIFICATES),
    type: "link",
    size: 0,
    mode: 0o777,
    mtime: 0,
    target,
  });
  return Buffer.concat([guestArchive(files).subarray(0, -TAR_END.length), link, TAR_END]);
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest("hex");
}

function belowRun(path: string): string {
  const name = relative(GUEST.run, path);
  if (name !== "" && !name.startsWith("..") && !name.startsWith("/")) return name;
  throw new BottleError("PROVISION_FAILED", `${path} is not below ${GUEST.run}`);
}
