import type { Command } from "./command.ts";
import type { Mount, ProvisionFile, SecretSource } from "./plan.ts";
import type { CredentialScheme, EgressRule } from "./policy.ts";
import type { OwnConfig } from "./setup.ts";

/** A credential that an agent knows how to use, in the order in which they are tried. */
export interface CredentialCandidate {
  readonly name: string;
  readonly source: SecretSource;
  readonly scheme: CredentialScheme;
  readonly hosts: readonly string[];
  readonly drops: readonly string[];
  /** The variable in which the bottle sees the placeholder. */
  readonly guestVariable: string;
  /** A made-up value of the same shape; random characters replace those marked `x`. */
  readonly placeholderShape: string;
}

/** Where an agent's program comes from: the host's own, or one pinned package for each architecture. */
export interface AgentProgram {
  /** Looked for on PATH. */
  readonly hostName: string;
  /** Package that the program's own installer uses; its platform packages lie beside it. */
  readonly npmPackage: string;
  readonly npmVersion: string;
  /** By `process.arch`: the package that holds nothing but the program. `sha512` is base64, of the packed file. */
  readonly npmPlatforms: Readonly<
    Record<string, { readonly package: string; readonly sha512: string; readonly file: string }>
  >;
}

/** How the agent's program is found and shown in the bottle. */
export interface AgentBinary {
  /** Absolute path on the host of the program that will run. */
  readonly path: string;
  readonly version: string;
  /** For the plan: `manifest command`, `host claude`, `npm package @x/y@1.2.3`. */
  readonly origin: string;
}

export interface AgentRunRequest {
  readonly binary: AgentBinary;
  readonly workspace: string;
  readonly home: string;
  /** null: interactive. */
  readonly prompt: string | null;
  /** Given after `--` on the command line or as `args` in the manifest; passed as they are. */
  readonly args: readonly string[];
  /** Standing instructions from the manifest; null when there are none. They lie in `promptPath(home)` too. */
  readonly instructions: string | null;
  /** Go on with the last conversation, which is there (`AgentProvider.resume`). */
  readonly again?: boolean;
  /** The bottle has the MCP server supervise. */
  readonly supervise?: true | undefined;
  /** The agent finds `hookSettings` in the bottle's read-only folder. */
  readonly hooks?: true | undefined;
  /** What the provider's own judge let in of the operator's settings. */
  readonly own?: Readonly<Record<string, unknown>>;
}

/** One agent of the rack: pure data and functions, no effects. */
export interface AgentProvider {
  readonly name: string;
  readonly title: string;
  /** Program name to look for on the host, and the pinned package that provides it otherwise; null: nothing to find. */
  readonly program: AgentProgram | null;
  readonly credentials: (hostHome: string) => readonly CredentialCandidate[];
  readonly rules: readonly EgressRule[];
  /** Literal variables of the bottle. */
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: (binary: AgentBinary) => readonly Mount[];
  readonly command: (run: AgentRunRequest) => Command;
  /** `found` ends with 0 inside where there is a conversation to go on with; absent: the agent has none. */
  readonly resume?: { readonly found: (run: AgentRunRequest) => Command };
  /**
   * The agent is told of the MCP server supervise in `command`; these variables are set besides. Absent: it is told by
   * the variable BOT_BOTTLE_MCP_URL alone, which every agent has.
   */
  readonly superviseEnv?: (headless: boolean) => Readonly<Record<string, string>>;
  /** Settings that have the agent post the events of its hooks to `url`; absent: it cannot. It is told of them in `command`. */
  readonly hookSettings?: (url: string) => string;
  /** Files seeded in the agent's home, so that no first-run question stops it. */
  readonly files: (run: AgentRunRequest) => readonly ProvisionFile[];
  /** Where skills are found, below the home; absent: it knows none. */
  readonly skillsFolder?: string;
  /** Absent: the operator's own configuration cannot be brought in. */
  readonly ownConfig?: OwnConfig;
  /**
   * Files and folders of configuration below the home, which `bottle diff` compares. Of a JSON file only the keys named
   * after `#` count (`.x.json#a,b`): the rest is the agent's own memory.
   */
  readonly watched?: readonly string[];
}
