import type { GuestNetwork } from "../../core/model/guest-network.ts";
import type { Limits } from "../../core/model/plan.ts";
import { TRUST_FILES } from "../../core/plan/gateway-env.ts";
import type { Services, ServiceWays } from "../backend.ts";
import { GUEST } from "../guest.ts";
import { labelArguments, type Ownership } from "./labels.ts";
import { type BindMount, mountArguments, type ShownPlace } from "./mount-words.ts";

/** How a cage is attached to its one way out: what the placements differ in. */
export interface Attachment {
  /** Words of `docker run`: `--network ...` and what belongs to it. */
  readonly network: readonly string[];
  readonly mounts: readonly BindMount[];
  /** Lines of the holder's shell that open the way before the cage counts as ready; may be empty. */
  readonly open: readonly string[];
  /** `http://HOST:PORT` as the agent sees the gateway. */
  readonly proxyUrl: string;
  readonly reaches: GuestNetwork;
}

/** A way that is being opened while the cage comes up. */
export interface Way {
  readonly attachment: Attachment;
  /** Resolves with how the services are started at its end. Rejects with CREATE_FAILED. */
  readonly ready: Promise<(ways: ServiceWays) => Promise<Services>>;
  /** Resolves when the way is gone for good, where that does not end the cage by itself. */
  readonly ended?: Promise<void>;
  /** Resolves with the gateway's address, where that is another container. Rejects with CREATE_FAILED. */
  readonly address?: Promise<string>;
}

export interface CageSpec {
  readonly name: string;
  readonly ownership: Ownership;
  /** The image's id: a tag could be moved between looking and running. */
  readonly image: string;
  /** Name of an OCI runtime that the engine knows; null: the engine's own. */
  readonly runtime: string | null;
  /** Host path of the profile that `docker` reads. */
  readonly seccompFile: string;
  /** Host folder with the made-up passwd, group, hosts, nsswitch.conf and resolv.conf; null: `mounts` shows them. */
  readonly etc: string | null;
  readonly attachment: Attachment;
  readonly mounts: readonly ShownPlace[];
  /** Further words of `docker run`. */
  readonly words?: readonly string[];
  readonly limits: Limits;
}

/** Where programs that read no variable look for root certificates: there stands what the gateway is trusted by. */
export const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/** PURE: what of the host every cage shows. `planned` are the operator's own, `folders` those of the bottle. */
export function cageMounts(
  planned: readonly BindMount[],
  folders: {
    readonly guest: string;
    readonly home: string;
    readonly workspace: string;
    readonly workspaceGuest: string;
  },
): BindMount[] {
  return [
    { host: folders.guest, guest: GUEST.run },
    { host: `${folders.guest}/${TRUST_FILES.bundle}`, guest: CERTIFICATES },
    ...planned.map(({ host, guest }) => ({ host, guest })),
    { host: folders.home, guest: GUEST.home, writable: true },
    { host: folders.workspace, guest: folders.workspaceGuest, writable: true },
  ];
}

/** Made up, as in every bottle; an empty resolv.conf, since the engine would show the host's. */
const ETC_FILES = ["passwd", "group", "hosts", "nsswitch.conf", "resolv.conf"] as const;

/** What the client's configuration would pass on of the operator's proxies, with the passwords in them. */
const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

/** PURE: what every container of ours has, whatever it is for. */
export function hardeningArguments(): string[] {
  return [
    ...["--rm", "--init", "--read-only", "--pull", "never", "--log-driver", "none", "--no-healthcheck"],
    ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
    ...["--ipc", "private", "--cgroupns", "private", "--hostname", "bottle"],
    ...["--ulimit", "core=0", "--oom-score-adj", "500", "--workdir", "/", "--entrypoint", "/bin/sh"],
    ...PROXIES.flatMap((name) => ["--env", `${name}=`, "--env", `${name.toLowerCase()}=`]),
  ];
}

const NOTHING = "ro,nosuid,nodev,noexec,size=4k";
export const HIDDEN_SYS = `/sys:${NOTHING}`;

/** The holder's first word once the way out is open. */
export const READY = "ready";

/**
 * PURE: all that `docker` is called with to make a cage. The container's own process is the holder: of another user than
 * the agent, so that the agent can neither end nor trace it, and over when its input is, which the host process holds.
 * No secret is among these words: they show in `docker inspect`.
 */
export function cageArguments(spec: CageSpec): string[] {
  const { limits, attachment, etc } = spec;
  const tmpfs = `rw,exec,nosuid,nodev,mode=1777,size=${limits.tmpBytes}`;
  return [
    ...["run", "--interactive", "--name", spec.name, ...labelArguments(spec.ownership)],
    ...hardeningArguments(),
    ...(spec.runtime === null ? [] : ["--runtime", spec.runtime]),
    ...["--security-opt", `seccomp=${spec.seccompFile}`, "--user", `${GUEST.idleUid}:${GUEST.idleUid}`],
    ...attachment.network,
    ...["--tmpfs", `/tmp:${tmpfs}`, "--tmpfs", `/var/tmp:${tmpfs}`, "--shm-size", String(limits.tmpBytes)],
    // What the machine is made of is no business of an agent's.
    ...["--tmpfs", HIDDEN_SYS],
    // Queues would be one more place that can be written.
    ...["--tmpfs", `/dev/mqueue:${NOTHING}`],
    // No swap beyond the memory; a bomb of processes ends here.
    ...["--memory", String(limits.memoryBytes), "--memory-swap", String(limits.memoryBytes)],
    ...["--pids-limit", String(limits.pids + HOLDER_PIDS), "--cpus", String(limits.cpus)],
    ...(spec.words ?? []),
    ...mountArguments([
      ...(etc === null ? [] : ETC_FILES.map((name) => ({ host: `${etc}/${name}`, guest: `/etc/${name}` }))),
      ...attachment.mounts,
      ...spec.mounts,
    ]),
    ...[spec.image, "-c", holderScript(attachment.open)],
  ];
}

/** Init, holder, and the forwarder with its shell: not the agent's. What serves a connection counts as the agent's. */
const HOLDER_PIDS = 4;

function holderScript(open: readonly string[]): string {
  return [...open, `echo ${READY}`, "exec cat >/dev/null"].join("\n");
}
