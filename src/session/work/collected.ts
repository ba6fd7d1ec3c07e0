import type { Readable } from "node:stream";
import type { RepositoryBase, WorkRef } from "../../core/model/work.ts";

/** What a throw-away cage says about one repository, parsed strictly in core/wire. Hostile. */
export interface CollectedWork {
  readonly repository: RepositoryBase;
  /** In the bottle. */
  readonly branch: string | null;
  /** Tip commit of HEAD in the bottle; null: unborn, no repository any more, or kind copy. */
  readonly head: string | null;
  /** Commit whose tree is all files as they lie there now (tracked and untracked, not ignored); parent: head if any, else snapshot. Equals head when nothing is uncommitted. */
  readonly work: string;
  /** Other branches and tags with commits that the base does not have. */
  readonly refs: readonly WorkRef[];
  /** Folders of the workspace that are repositories of their own, as far as they lie directly in this one. */
  readonly embedded: readonly string[];
  /** Files that are not in it: unreadable, no file at all, larger than 1 GiB, or never still. Agent's text. */
  readonly missed: readonly string[];
  /** Raw pack stream, thin against the history of head and snapshot of the base. */
  readonly pack: Readable;
}
