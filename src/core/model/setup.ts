/** What of the operator's own configuration an agent may get, by name: `agents.<name>.config` of a manifest. */
export const CONFIG_PARTS = ["settings", "memory", "commands", "agents", "skills", "mcp"] as const;
export type ConfigPart = (typeof CONFIG_PARTS)[number];

/** A regular file of the host that shall be copied into the bottle. Its bytes are read again at launch and must be the same. */
export interface HostFile {
  /** Real path on the host. */
  readonly host: string;
  /** Below the folder that it was found in; no `..`, no control characters. */
  readonly path: string;
  /** 0o755 when its owner may execute it, else 0o644. */
  readonly mode: number;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** It holds a credential of a documented form. */
  readonly suspicious: boolean;
}

/** A skill of the manifest, read from the host. */
export interface FoundSkill {
  readonly name: string;
  /** Real path of the folder or file. */
  readonly from: string;
  readonly files: readonly HostFile[];
}

/** Who the agent commits as. */
export interface GitIdentity {
  readonly name: string | null;
  readonly email: string | null;
  /** The operator's `init.defaultBranch`. */
  readonly defaultBranch: string | null;
}

/** One place below the operator's home where an agent keeps a part of its configuration. */
export interface ConfigSource {
  readonly part: ConfigPart;
  /** `json` is read and judged key by key; `file` and `folder` are copied. */
  readonly kind: "json" | "file" | "folder";
  /** Below the home folder, e.g. `.claude/commands`; the same in the bottle. */
  readonly path: string;
  /** Of a folder: only files that end so; absent: all. */
  readonly ending?: string;
}

/** The operator's own configuration of an agent, as it lies on the host. */
export interface FoundConfig {
  readonly parts: readonly ConfigPart[];
  /** Parsed JSON of the sources of kind `json` that are there, by their path. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What is copied; paths are below the home. */
  readonly files: readonly HostFile[];
  /** What could not be taken, a sentence each. */
  readonly leftOut: readonly string[];
}

/** Everything that was read on the host for the agent's setup. */
export interface FoundSetup {
  /** Standing instructions, whether they stand in the manifest or in a file; null or blank: none. */
  readonly instructions: string | null;
  readonly skills: readonly FoundSkill[];
  /** null: the bottle gets no identity. */
  readonly git: GitIdentity | null;
  readonly config: FoundConfig | null;
}

/** A setup in which nothing was found. */
export const NO_SETUP: FoundSetup = { instructions: null, skills: [], git: null, config: null };

/** What a provider's judge may ask about the bottle. */
export interface Inside {
  readonly hostHome: string;
  readonly home: string;
  /** Real path of the workspace on the host, and where it is in the bottle. */
  readonly workspace: { readonly host: string; readonly guest: string };
  /** May a request go to this host and port? */
  readonly reaches: (host: string, port: number) => boolean;
  /** Variables that the bottle has already, placeholders among them: no setting may replace one. */
  readonly variables: readonly string[];
  /** True when the agent runs without a terminal. */
  readonly headless: boolean;
}

/** What a provider lets in of the operator's settings. */
export interface JudgedConfig {
  /** Handed to the provider's own `files`, which merges it with its seeds. */
  readonly own: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  /** What stayed out, with the reason; never a value. */
  readonly leftOut: readonly string[];
  readonly notes: readonly string[];
}

/** How a provider's own configuration on the host comes into a bottle. */
export interface OwnConfig {
  readonly sources: readonly ConfigSource[];
  /** PURE. Whatever stands in the values, it answers. */
  readonly judge: (found: FoundConfig, inside: Inside) => JudgedConfig;
}

/** The setup as the plan shows it. */
export interface PlannedSetup {
  /** What comes in: `skill paint`, where from, how much. */
  readonly brought: readonly {
    readonly what: string;
    readonly from: string;
    readonly files: number;
    readonly bytes: number;
  }[];
  /** What stays out, and what to know about what comes in; a sentence each. */
  readonly leftOut: readonly string[];
  readonly notes: readonly string[];
  /** As `AgentProvider.watched`, absolute. */
  readonly watched: readonly string[];
}

/** A bottle into which nothing of the operator's own comes. */
export const NOTHING_BROUGHT: PlannedSetup = { brought: [], leftOut: [], notes: [], watched: [] };
