/** A command inside a bottle: never a joined string, always run as the agent's user with the environment of /run/bottle/env. */
export interface Command {
  readonly argv: readonly string[];
  /** Absolute path in the bottle; the workspace when absent. */
  readonly cwd?: string;
}

/** A command on the host, ready to spawn: absolute program, whole environment. */
export interface HostCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What a finished command left. An exit code is data, never a throw. */
export interface ExecResult {
  /** 0 to 255; 128+n when signal n ended it. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** A file to place in a bottle. */
export interface GuestFile {
  /** Absolute path in the bottle. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Permission bits, e.g. 0o600. */
  readonly mode: number;
}
