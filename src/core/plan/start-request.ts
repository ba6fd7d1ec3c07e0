import type { WorkspaceMode } from "../model/plan.ts";

/** What the operator asked for with `bottle start`, parsed from the command line and nothing else. */
export interface StartRequest {
  /** Name of an agent: from a manifest, or built in. */
  readonly agent: string;
  /** Bottle definition to run in; absent: the agent's own. */
  readonly bottle?: string;
  /** Folder to work in, absolute (not yet resolved through links). */
  readonly path: string;
  /** null: what the bottle definition says, else `clone` in a git repository and `copy` elsewhere. */
  readonly workspace: WorkspaceMode | null;
  /** null: what the bottle definition says, else the built-in default. */
  readonly backend: string | null;
  /** Absolute path of the agent's program on this host; null: the manifest's, else the provider's own. */
  readonly command: string | null;
  /** null: interactive. Otherwise the agent runs headless with this prompt. */
  readonly prompt: string | null;
  /** What stands after `--`. */
  readonly args: readonly string[];
  /** null: `<agent>-<5 random characters>`. */
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** End the bottle after so many minutes; absent: when its agent ends. */
  readonly maxMinutes?: number;
  /** Each `--allow HOST[:PORT]` as typed: any method over https, inspected. */
  readonly allow: readonly string[];
  /** Start beside other bottles although the kernel cannot enforce limits here. */
  readonly withoutCgroup: boolean;
  /** Print the plan and stop; nothing is created and no secret is read. */
  readonly dryRun: boolean;
  /** Remove the bottle's folder (after archiving) when the agent ends. */
  readonly rm: boolean;
}
