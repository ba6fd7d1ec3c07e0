import type { PriceList } from "../usage/prices.ts";
import type { Budget } from "./budget.ts";
import type { Command } from "./command.ts";
import type { GateRepository } from "./git-gate.ts";
import type { BottleName } from "./ids.ts";
import type { AskTerms, Canary, CredentialBinding, DenyRule, EgressRule, LeakTerms } from "./policy.ts";
import type { PlannedSetup } from "./setup.ts";

/** JSON data: what a backend resolves for itself and keeps in the plan. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Where a secret is found on the host. A reference, never the value. */
export type SecretSource =
  | { readonly kind: "env"; readonly variable: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "command"; readonly argv: readonly string[] }
  /** A field of a JSON file that another tool keeps, e.g. the operator's own Claude login. */
  | {
      readonly kind: "json-file";
      readonly path: string;
      readonly field: readonly string[];
      /** Field with the expiry in ms since the epoch; a value past it is refused with `expiredHint`. */
      readonly expiryField: readonly string[] | null;
      readonly expiredHint: string;
    };

export interface SecretRef {
  readonly credential: string;
  readonly source: SecretSource;
  /** Absent: one line. */
  readonly form?: "private-key";
}

/** A read-only path of the host shown in the bottle. */
export interface Mount {
  readonly host: string;
  readonly guest: string;
}

export interface Limits {
  readonly memoryBytes: number;
  /** Whole or part CPUs, e.g. 1.5. */
  readonly cpus: number;
  readonly pids: number;
  /** Size of each tmpfs of the bottle (/tmp, /dev/shm). */
  readonly tmpBytes: number;
}

/** Where the gateway runs: `socket`: in the host process; `bundle`: beside the bottle, in a process of ours there. */
export type Placement = "socket" | "bundle";

/** What the operator asked of the backend; null: as it sees fit. */
export interface BackendOptions {
  readonly image: string | null;
  readonly runtime: string | null;
  readonly placement: Placement | null;
}

/**
 * `clone`: a repository of its own with the operator's commits and uncommitted work. `copy`: a private copy of all
 * files. `bind`: the folder itself.
 */
export type WorkspaceMode = "clone" | "copy" | "bind";

export interface Workspace {
  readonly mode: WorkspaceMode;
  /** Real path on the host: top of the work tree that is cloned, or what is copied or bound. */
  readonly host: string;
  /** The same path wherever it can be, so that paths in messages and settings mean the same on both sides. */
  readonly guest: string;
  /** Where the agent starts: `guest`, or the folder in it that was named. */
  readonly cwd: string;
  /** What is cloned; null in the other modes. */
  readonly clone: CloneSource | null;
}

/** Where a repository lies on the host, and what of it is wanted beyond what git keeps. */
export interface CloneSource {
  readonly gitDir: string;
  readonly commonDir: string;
  /** Object folders that it borrows from. */
  readonly alternates: readonly string[];
  /** Pathspecs of ignored files that are brought along. */
  readonly include: readonly string[];
}

/** A file that provisioning places in the bottle before the agent starts. */
export interface ProvisionFile {
  readonly path: string;
  readonly mode: number;
  readonly text: string;
}

/** A file that provisioning copies from the host: what it must be, never its content. */
export interface ProvisionCopy {
  readonly path: string;
  readonly mode: number;
  readonly source: { readonly host: string; readonly bytes: number; readonly sha256: string };
}

export type PlacedFile = ProvisionFile | ProvisionCopy;

/**
 * Everything that a start will do, resolved, serialisable and printable. Holds references to secrets and
 * placeholders' names, never values. `--dry-run` prints it and stops.
 */
export interface BottlePlan {
  readonly schema: 1;
  readonly name: BottleName;
  readonly backend: string;
  /** The backend's own. `words`, a list of lines, is what a person is told of it. */
  readonly backendPlan: Json;
  /** Who or what chose the backend. Absent in plans of before there was a choice, as is the next. */
  readonly backendChoice?: string;
  readonly backendOptions?: BackendOptions;
  readonly agent: {
    readonly name: string;
    readonly provider: string;
    readonly binary: { readonly path: string; readonly version: string; readonly origin: string };
    readonly command: Command;
    /** Those of manifest and command line, for a later run. */
    readonly args?: readonly string[];
    /** Has it standing instructions? */
    readonly instructed?: boolean;
    /** True when the agent runs without a terminal (`-p`). */
    readonly headless: boolean;
    /** What it is asked then. Absent in plans of before there was `recover`. */
    readonly prompt?: string | null;
  };
  readonly workspace: Workspace;
  readonly mounts: readonly Mount[];
  /** Literal environment of the bottle; values copied from the host are in `envFromHost`. */
  readonly env: Readonly<Record<string, string>>;
  /** Guest variable to host variable: resolved at start, kept out of the plan and of argv. */
  readonly envFromHost: readonly {
    readonly name: string;
    readonly variable: string;
    readonly expose: boolean;
    /** The value may be inside, and must not leave. */
    readonly secret?: true;
  }[];
  /** Guest variable to the question asked on the terminal at start. */
  readonly envAsked: readonly { readonly name: string; readonly question: string; readonly secret?: true }[];
  readonly limits: Limits;
  /** The kernel cannot enforce the limits here: starts only while no other bottle runs (attack row 154). */
  readonly alone: boolean;
  readonly rules: readonly EgressRule[];
  readonly deny: readonly DenyRule[];
  /** As `Policy.ask`. */
  readonly ask?: AskTerms;
  readonly credentials: readonly CredentialBinding[];
  readonly secrets: readonly SecretRef[];
  /** This and the next two are absent in plans of before there was a search for secrets. */
  readonly leaks?: LeakTerms;
  readonly canaries?: readonly Canary[];
  /** What the operator has never leave, besides credentials; of a file each line is a value. */
  readonly watched?: readonly SecretRef[];
  /** The agent may ask its operator by the MCP server at `/mcp`; absent: there is none. */
  readonly supervise?: true;
  /** The agent posts the events of its hooks to the gateway; absent: it has none. */
  readonly hooks?: true;
  /** Repositories of the git gate; absent: it has none. */
  readonly repositories?: readonly GateRepository[];
  readonly files: readonly PlacedFile[];
  /** What `files` brings in of the operator's own, and what stays out. */
  readonly setup: PlannedSetup;
  readonly labels: Readonly<Record<string, string>>;
  /** What its models may cost; absent: whatever they cost. */
  readonly budget?: Budget;
  /** The operator's own prices; absent: none. */
  readonly prices?: PriceList;
  /** The bottle ends after so many minutes in which the machine was awake; absent: when its agent does. */
  readonly maxMinutes?: number;
  /** The definition behind it; absent: the built-in, empty one. */
  readonly definition?: {
    readonly bottle: string;
    readonly file: string;
    /** Parts that come from other bottles, as `WholeBottle.inherited`. */
    readonly inherited: Readonly<Record<string, string>>;
  };
  /** What the operator should know before starting, e.g. "internet through the provider". */
  readonly risks: readonly string[];
}
