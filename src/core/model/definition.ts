/**
 * What a manifest file may define, as it stands in the file (`core/model/manifest` is the schema that checks it), and
 * `Manifest`, all files read and merged. No run-time imports: a start without any manifest never loads zod.
 */
import type { SpendingDefinition } from "./budget.ts";
import type { DashboardDefinition } from "./dashboard-keys.ts";
import type { Problem } from "./finding.ts";
import type { LeakAction, LeakLevel } from "./leak.ts";
import type { SuperviseDefinition } from "./manifest-supervise.ts";
import type { NotifyDefinition } from "./notice.ts";
import type { Placement, WorkspaceMode } from "./plan.ts";
import type { OpaqueBodies } from "./policy.ts";
import type { ConfigPart } from "./setup.ts";
import type { ToolDefinition } from "./toolchain.ts";

/** A literal, `${NAME}` (copied from the host) or `?text` (asked at start); `expose` permits a copied value that looks like a secret, `secret` says that it is one. */
export type EnvDefinition =
  | string
  | { readonly value: string; readonly expose?: boolean | undefined; readonly secret?: boolean | undefined };

/** Where to connect instead of the resolved address. Operator's file only. */
export interface DialDefinition {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** Absolute or `~/` path of a unix socket. */
  readonly unix?: string | undefined;
  /** Absolute or `~/` path of a PEM file; absent: the system roots. */
  readonly ca?: string | undefined;
}

export interface RuleDefinition {
  readonly host: string;
  readonly port?: number | undefined;
  readonly scheme?: "https" | "http" | undefined;
  readonly mode?: "inspect" | "splice" | undefined;
  readonly methods?: readonly string[] | undefined;
  readonly paths?: readonly string[] | undefined;
  readonly credential?: string | undefined;
  readonly websocket?: boolean | undefined;
  readonly maxRequestBytes?: number | undefined;
  readonly cookies?: "drop" | "pass" | undefined;
  readonly body?:
    | { readonly shape: "anthropic-messages"; readonly allowProviderTools?: readonly string[] | undefined }
    | undefined;
  readonly dial?: DialDefinition | undefined;
  readonly ask?: true | undefined;
  readonly leaks?: RuleLeaksDefinition | undefined;
}

/** What is done where something looks like a secret in what leaves. */
export interface RuleLeaksDefinition {
  readonly action?: LeakAction | undefined;
  readonly opaque?: OpaqueBodies | undefined;
}

export interface LeaksDefinition extends RuleLeaksDefinition {
  readonly level?: LeakLevel | undefined;
  /** Fingerprints of findings that may leave. */
  readonly allow?: readonly string[] | undefined;
  /** Ids of token formats that are not looked for. */
  readonly ignore?: readonly string[] | undefined;
  /** Values of the operator that never leave; exactly one key each. */
  readonly secrets?: readonly { readonly env?: string | undefined; readonly file?: string | undefined }[] | undefined;
  /** false: no bait is placed in the bottle. */
  readonly canary?: boolean | undefined;
}

/** What is never allowed, whatever a rule says. */
export interface DenyDefinition {
  readonly host: string;
  readonly port?: number | undefined;
  readonly methods?: readonly string[] | undefined;
  readonly paths?: readonly string[] | undefined;
}

export interface EgressDefinition {
  readonly rules?: readonly RuleDefinition[] | undefined;
  /** Names of rule packs. */
  readonly packs?: readonly string[] | undefined;
  readonly deny?: readonly DenyDefinition[] | undefined;
  readonly leaks?: LeaksDefinition | undefined;
  /** What becomes of a request that no rule lists; absent: `deny`. */
  readonly default?: "deny" | "ask" | undefined;
  /** Seconds. */
  readonly askTimeout?: number | undefined;
}

/** Exactly one key. */
export interface SourceDefinition {
  readonly env?: string | undefined;
  readonly file?: string | undefined;
  readonly command?: readonly string[] | undefined;
}

/** The object has exactly one key. */
export type SchemeDefinition =
  | "bearer"
  | {
      readonly basic?: { readonly username: string } | undefined;
      readonly header?: { readonly name: string; readonly prefix?: string | undefined } | undefined;
      readonly query?: { readonly parameter: string } | undefined;
    };

export interface CredentialDefinition {
  readonly source: SourceDefinition;
  readonly hosts: readonly string[];
  readonly scheme: SchemeDefinition;
  readonly variable?: string | undefined;
  /** Shape of the placeholder: each `x` becomes a random character. */
  readonly placeholder?: string | undefined;
  readonly drops?: readonly string[] | undefined;
}

export interface LimitsDefinition {
  /** Bytes with an optional K, M or G (1024-based), e.g. `2G`. */
  readonly memory?: string | undefined;
  readonly cpus?: number | undefined;
  readonly pids?: number | undefined;
  readonly tmp?: string | undefined;
}

export interface WorkspaceDefinition {
  readonly mode?: WorkspaceMode | undefined;
  /** Pathspecs of ignored files that a clone brings along. */
  readonly include?: readonly string[] | undefined;
}

export interface BottleDefinition extends SuperviseDefinition, SpendingDefinition {
  /** Bottles of the same file (a project's: or `default`) that this one builds on; of several, the first counts most. */
  readonly extends?: string | readonly string[] | undefined;
  readonly backend?: string | undefined;
  /** Of backends with images: which; absent: the backend's own. */
  readonly image?: string | undefined;
  /** Of backends with runtimes to choose from: which, by its name there. */
  readonly runtime?: string | undefined;
  readonly placement?: Placement | undefined;
  readonly workspace?: WorkspaceMode | WorkspaceDefinition | undefined;
  readonly env?: Readonly<Record<string, EnvDefinition>> | undefined;
  readonly egress?: EgressDefinition | undefined;
  readonly credentials?: Readonly<Record<string, CredentialDefinition>> | undefined;
  readonly limits?: LimitsDefinition | undefined;
  /** Toolchains of the host that are shown besides what lies in its system folders. */
  readonly tools?: readonly ToolDefinition[] | undefined;
  /** Caches of the host that are shown, read-only, by the name of the tool. */
  readonly caches?: { readonly go?: "read-only" | undefined } | undefined;
  readonly git?: GitDefinition | undefined;
}

/** Exactly one of `source`, `deployKey` and `githubApp`. */
export interface GitCredentialDefinition {
  /** For ssh a private key. */
  readonly source?: SourceDefinition | undefined;
  readonly username?: string | undefined;
  /** For ssh: a key that the forge is given for each bottle. */
  readonly deployKey?:
    | {
        readonly token: SourceDefinition;
        readonly api?: string | undefined;
        readonly ca?: string | undefined;
      }
    | undefined;
  /** For https: tokens of a GitHub App. */
  readonly githubApp?:
    | {
        readonly app: string;
        readonly installation: number;
        readonly key: SourceDefinition;
        readonly api?: string | undefined;
      }
    | undefined;
}

/** A repository that the git gate shows to the bottle; `core/plan/git-repositories` says what counts where nothing is given. */
export interface GitRepositoryDefinition {
  readonly url: string;
  readonly credential?: GitCredentialDefinition | undefined;
  /** For ssh: absolute or `~/` path of a private key. */
  readonly key?: string | undefined;
  /** For ssh: type and key, as in known_hosts. */
  readonly hostKey?: string | undefined;
  readonly ca?: string | undefined;
  readonly branches?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly protect?: readonly string[] | undefined;
  /** Pushes that change a protected path wait for the operator. */
  readonly ask?: true | undefined;
  /** Pushes with what looks like a token wait for the operator. */
  readonly secrets?: "ask" | undefined;
  readonly limits?:
    | { readonly pack?: string | undefined; readonly refs?: number | undefined; readonly seconds?: number | undefined }
    | undefined;
}

/** Who the agent commits as (what is not given is the operator's own, unless `identity` is `none`), and the repositories of the git gate. */
export interface GitDefinition {
  readonly identity?: "host" | "none" | undefined;
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  readonly repos?: Readonly<Record<string, GitRepositoryDefinition>> | undefined;
}

export interface AgentDefinition {
  /** Built-in agent that it builds on; absent: the one of the same name. */
  readonly provider?: string | undefined;
  /** Absolute or `~/` path of the program on the host. */
  readonly command?: string | undefined;
  /** Name of the bottle definition; absent: `default`. */
  readonly bottle?: string | undefined;
  /** Standing instructions: the text, or a file that holds it. */
  readonly prompt?: string | { readonly file: string } | undefined;
  readonly args?: readonly string[] | undefined;
  readonly deny?: readonly DenyDefinition[] | undefined;
  /** Folders with a SKILL.md, or single files: absolute, `~/`, or relative to the manifest (a project's: to the project). */
  readonly skills?: readonly string[] | undefined;
  /** Parts of the operator's own configuration of this agent that go in. Operator's file only. */
  readonly config?: readonly ConfigPart[] | undefined;
}

/** One manifest file, checked. */
export interface ManifestFile {
  /** For editors only. */
  readonly $schema?: string | undefined;
  readonly bottles?: Readonly<Record<string, BottleDefinition>> | undefined;
  readonly agents?: Readonly<Record<string, AgentDefinition>> | undefined;
  readonly notify?: NotifyDefinition | undefined;
  readonly dashboard?: DashboardDefinition | undefined;
}

/** Where a definition stands, so that plan and messages can say it. */
export interface Origin {
  readonly by: "operator" | "project";
  readonly file: string;
  /** A project's file whose very bytes the operator trusts (`bottle trust`). */
  readonly trusted?: true;
}

/** A bottle definition with all that it inherits. */
export interface WholeBottle extends BottleDefinition {
  readonly origin: Origin;
  /** What came from elsewhere: part such as `limits.memory` or `egress.rules[2]` to the name of the bottle that has it. */
  readonly inherited?: Readonly<Record<string, string>>;
}

/** The project's manifest and what the operator thinks of it. */
export interface ProjectStanding {
  readonly file: string;
  /** `changed`: other bytes than those that were trusted, so it counts as untrusted. */
  readonly standing: "untrusted" | "trusted" | "changed";
  /** What the operator should know of it; null: nothing. */
  readonly note: string | null;
  /** Files that differ from what was trusted, relative to the project; empty but for `changed`. */
  readonly changed: readonly string[];
  /** Every file that the manifest names, relative to the project: what provisioning may bring in, by SHA-256. */
  readonly files: Readonly<Record<string, NamedFile>>;
}

/** A file of a repository, as it was when it was read. */
export interface NamedFile {
  /** Of its bytes, in hex. */
  readonly sha256: string;
  readonly executable: boolean;
}

/**
 * All manifest files, merged; bottles hold what they inherit. Of a project there is no more than its file may say
 * (attack row 141).
 */
export interface Manifest {
  readonly bottles: Readonly<Record<string, WholeBottle>>;
  readonly agents: Readonly<Record<string, AgentDefinition & { readonly origin: Origin }>>;
  /** Names whose definition has problems: starting one is an error, all others work. */
  readonly broken: { readonly bottles: readonly string[]; readonly agents: readonly string[] };
  /** All that is wrong in the files. Definitions without a problem can be used all the same. */
  readonly problems: readonly Problem[];
  /** null: the workspace has no manifest. */
  readonly project: ProjectStanding | null;
  /** PEM text of each `dial.ca` file, by the path as written. */
  readonly caPems: Readonly<Record<string, string>>;
}

/** What counts when there is no manifest file at all. */
export const EMPTY_MANIFEST: Manifest = {
  bottles: {},
  agents: {},
  broken: { bottles: [], agents: [] },
  problems: [],
  project: null,
  caPems: {},
};

/** The bottle definition that agents without a `bottle` get; built in and empty when no file defines it. */
export const DEFAULT_BOTTLE = "default";
