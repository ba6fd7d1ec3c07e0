import type { Server } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import type { Command, ExecResult, GuestFile, HostCommand } from "../core/model/command.ts";
import type { Finding } from "../core/model/finding.ts";
import type { GuestNetwork } from "../core/model/guest-network.ts";
import type { HostFacts } from "../core/model/host-facts.ts";
import type { BackendOptions, BottlePlan, Json, WorkspaceMode } from "../core/model/plan.ts";
import type { Cleanup } from "../host/cleanup.ts";
import type { ImageStore } from "./image-store.ts";

/** In the host process, or in a process of ours beside the cage. */
export type ServicePlace = "host" | "sidecar";

/** What a backend can do, as data. Nobody outside `backends/` asks for a backend's name. */
export interface Capabilities {
  /** Where gateway and friends can run: where there are two, the placement of a bottle says which. */
  readonly services: readonly ServicePlace[];
  readonly workspace: readonly WorkspaceMode[];
  /** Who enforces memory, processes and cpus: this process with what `HostFacts.cgroup` says, or the backend's engine. */
  readonly limits: "host" | "engine";
  /** What the operator may choose of it. */
  readonly options: readonly (keyof BackendOptions)[];
  /** Exec as root inside. */
  readonly rootExec: boolean;
  /** How many execs may run at once; more are queued. */
  readonly maxExecs: number;
}

/** Folders that the session made for this bottle, all absolute. */
export interface BottleFolders {
  /** Agent-writable, mounted at /home/agent. */
  readonly home: string;
  /** Agent-writable clone or copy of the workspace; unused when the workspace is bound. */
  readonly workspace: string;
  /** 0700, for sockets and what the backend must keep on disk while the bottle runs (XDG runtime folder). */
  readonly run: string;
}

export interface CreateContext {
  readonly facts: HostFacts;
  readonly folders: BottleFolders;
  /** Every undo is pushed in the same breath as its do; run LIFO by the session. */
  readonly cleanup: Cleanup;
  /** Intent before create: the backend calls it before each resource it makes (DESIGN invariant 4). */
  readonly journal: (intent: string, detail: Json) => Promise<void>;
}

export interface ExecOptions {
  readonly stdin?: Readable | Uint8Array;
  /** Kill and reject with BOTTLE_GONE after this long. Default: no limit. */
  readonly timeoutMs?: number;
  /** Greatest bytes kept of each of stdout and stderr; more is dropped. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Called with each piece as it comes, instead of collecting it. */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
}

export type BottleStatus = "running" | "gone";

/** A fixed script of ours that runs over folders in a throw-away cage: no network, no secret, no bottle. */
export interface WorkshopJob {
  /** The bottle it is for: `survey` finds by this name what a killed host process left. */
  readonly bottle: string;
  /** For /bin/sh; text of others comes only as `args` or through files. */
  readonly script: string;
  /** `$1` and on. */
  readonly args?: readonly string[];
  /**
   * Folders of the host and where they are shown; read-only unless `writable`. Nobody asks for what is written into a
   * `temporary` one: it may be gone with the job.
   */
  readonly folders: readonly {
    readonly host: string;
    readonly guest: string;
    readonly writable?: boolean;
    readonly temporary?: boolean;
  }[];
  /** The folder on the host that the agent's files are in or shall be in: under root its owner is the agent. */
  readonly agentFolder: string;
  /**
   * `agent`: with the agent's own rights, for what agents wrote. `owner`: may also read what only the operator may,
   * and give what it makes to the agent (uid and gid 1000 inside).
   */
  readonly as: "agent" | "owner";
  readonly stdin?: Uint8Array;
  /** Called with each piece as it comes, instead of collecting 1 MiB; a promise holds the next one back. */
  readonly onStdout?: (chunk: Buffer) => Promise<void> | undefined;
  /** Size of /tmp, which lies in memory. Default: 256 MiB. */
  readonly tmpBytes?: number;
  /** The cage is killed after this long. Default: 30 minutes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface WorkshopResult {
  readonly code: number;
  readonly timedOut: boolean;
  readonly stdout: Buffer;
  /** What it said on stderr, at most 16 KiB; not to be trusted when it read what agents wrote. */
  readonly words: string;
}

/** A running bottle. */
export interface Bottle {
  /** What goes into the record so that `open` finds it again. */
  readonly handle: Json;
  /**
   * PURE: the host command that runs `command` in the bottle as the agent; attach, panes and tests all use it.
   * With a terminal the command gets one of its own (util-linux `script`, which writes what it shows to `transcript`):
   * stdin and stdout must then be terminals.
   */
  frame(command: Command, terminal: false | { readonly transcript: string | null }): HostCommand;
  /** Rejects with BOTTLE_GONE, or PROVISION_FAILED when the stream that it reads breaks off; an exit code is data. */
  exec(command: Command, options?: ExecOptions): Promise<ExecResult>;
  /** Writes files through a tar stream inside, owned by the agent. Rejects with PROVISION_FAILED. */
  put(files: readonly GuestFile[]): Promise<void>;
  /** Unpacks a tar stream into `folder` inside, owned by the agent. */
  unpack(folder: string, tar: Readable): Promise<void>;
  status(): Promise<BottleStatus>;
  /** TERM to every process of the agent, KILL after `graceMs`. Idempotent. */
  stop(graceMs: number): Promise<void>;
  /** Ends the cage and removes what `create` made. Idempotent; a bottle closed elsewhere is simply gone. */
  close(): Promise<void>;
  /** Resolves when the cage has ended, whoever ended it. */
  readonly ended: Promise<void>;
}

/** What the services of a bottle tell the session once they listen. Closing them is an undo of who started them. */
export interface Services {
  readonly caPem: string;
}

/** A process of ours that runs services beside the cage; its stdio is the control stream (`core/wire`). */
export interface SidecarProcess {
  /** Frames to the sidecar; its end makes the sidecar deny and end. */
  readonly stdin: Writable;
  /** Frames from the sidecar. */
  readonly stdout: Readable;
  /** Resolves when it has ended, whoever ended it. `words`: the last 4 KiB of stderr, not to be trusted. */
  readonly ended: Promise<{ readonly code: number | null; readonly words: string }>;
  /** At once. Idempotent. */
  kill(): void;
}

/** Where a backend runs services when they cannot run in this process. */
export interface SidecarPlace {
  /** What the gateway listens on in there; every port leads to the one listener. */
  readonly listen: { readonly addresses: readonly string[]; readonly ports: readonly number[] };
  /** Starts the process: the first time, and anew after each death. Rejects with CREATE_FAILED or BOTTLE_GONE. */
  run(): Promise<SidecarProcess>;
}

/** The two ways in which services run. A backend takes exactly one, once, of those that `Capabilities.services` names. */
export interface ServiceWays {
  /** In this process, on the listener that the backend made in the bottle or for it alone. */
  here(listener: Server): Promise<Services>;
  /** In a process of ours that the backend starts where the bottle can reach it. */
  remote(place: SidecarPlace): Promise<Services>;
}

/** Where things are inside, known before the bottle starts. */
export interface GuestLayout {
  readonly home: string;
  readonly workspace: string;
  /** Read-only for the agent: env, exec, ca.pem. */
  readonly run: string;
  /** `http://127.0.0.1:<port>` as the agent sees the gateway. */
  readonly proxyUrl: string;
  /** What there is beside `lo`: nothing, or one interface on a network on which only the bottle and its gateway are. */
  readonly network: GuestNetwork;
}

/** A cage that exists and is empty (OCI "created"). */
export interface BottleShell {
  readonly guest: GuestLayout;
  /** Makes the bottle's one way out and has the services run on it: they listen before the bottle starts. */
  serve(ways: ServiceWays): Promise<Services>;
  /** Places `files` (paths below `guest.run`, read-only for the agent) and opens the bottle for commands. */
  start(files: readonly GuestFile[]): Promise<Bottle>;
}

/** Something that an earlier run left on the host. */
export interface Leftover {
  readonly backend: string;
  /** `process`, `cgroup`, `folder`, `mount`. */
  readonly kind: string;
  readonly id: string;
  /** The bottle it belonged to. */
  readonly bottle: string;
  readonly detail: Json;
}

/** Where the bottles of a state folder are. */
export interface BottleShelf {
  /** In which the folder of a bottle is made, under its name. */
  readonly folder: string;
  /** Every folder of a bottle that is there, of those that run, have ended or are being removed. */
  readonly bottles: readonly string[];
}

export interface Backend {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** With the real arguments; "not installed" is a finding, not a throw. */
  probe(facts: HostFacts): Promise<readonly Finding[]>;
  /**
   * What of this machine keeps it from making bottles, as far as that can be told in a few milliseconds; null: nothing.
   * For choosing one; `probe` is thorough.
   */
  lacks(facts: HostFacts): Promise<string | null>;
  /** The images that its cages are made from; absent: it needs none. `env` is the operator's, and names the engine. Errors: HOST_UNFIT. */
  images?(env: Readonly<Record<string, string | undefined>>): Promise<ImageStore>;
  /** Begins to ask what `create` will want to know of others, and answers at once; makes nothing, and never fails. */
  warm?(options: BackendOptions): void;
  /** PURE. */
  plan(plan: Omit<BottlePlan, "backendPlan">, facts: HostFacts): Json;
  /** The plan as a Compose file, where the backend makes what such a file can say. Creates nothing. */
  compose?(plan: BottlePlan, facts: HostFacts): Promise<string>;
  /** May answer while the bottle is still being made: what fails then is the rejection of `serve` and `start`. */
  create(plan: BottlePlan, context: CreateContext): Promise<BottleShell>;
  /** From another process, or after `kill -9`. Null when it is gone. */
  open(record: BottleRecord, facts: HostFacts, folders: BottleFolders): Promise<Bottle | null>;
  /**
   * What exists on this host for bottles whose names are not in `alive`; with `shelf` also what was kept for an ended
   * bottle whose folder is gone by now.
   */
  survey(facts: HostFacts, alive: ReadonlySet<string>, shelf?: BottleShelf): Promise<readonly Leftover[]>;
  /** Does a cage of a bottle of this name run, whoever hosts it and whichever state folder it is of? */
  runs(name: string, facts: HostFacts): Promise<boolean>;
  /** Runs a script over folders in a throw-away cage; an exit code is data. Errors: STATE_UNUSABLE, HOST_UNFIT. */
  workshop(job: WorkshopJob, facts: HostFacts): Promise<WorkshopResult>;
  /** Idempotent. */
  remove(leftover: Leftover, facts: HostFacts): Promise<void>;
  /** Deletes an agent-written folder from inside a throw-away cage: host code never walks such a tree. Idempotent. */
  erase(folder: string, facts: HostFacts): Promise<void>;
  /** Bytes and number of files in an agent-written folder, measured from inside a throw-away cage. */
  measure(folder: string, facts: HostFacts): Promise<{ bytes: number; files: number }>;
}
