/** Where a bottle's work began; kept as base.json in the bottle's folder, written at start, never agent-writable. */
export interface WorkBase {
  readonly schema: 1;
  /** clone: of a git repository. copy: of a plain folder; the one repository then exists only for us, and the operator's folder has no git. */
  readonly kind: "clone" | "copy";
  /** [0] is the top one, path ""; then submodules and nested repositories. */
  readonly repositories: readonly RepositoryBase[];
}

export interface RepositoryBase {
  /** Relative to the workspace, "" for the top one, `libs/x`. */
  readonly path: string;
  /** Real path of its work tree on the host. */
  readonly host: string;
  /** The operator's git dir (real path); null for kind copy. */
  readonly gitDir: string | null;
  /** Full name of the ref checked out; null: detached or copy. */
  readonly branch: string | null;
  /** The operator's HEAD commit at start; null: unborn or copy. */
  readonly head: string | null;
  /** Commit with which the agent began: head itself when the tree was clean, else one commit on top of it (a root commit when head is null). */
  readonly snapshot: string;
  readonly objectFormat: "sha1" | "sha256";
  /** Absolute objects folder of OUR OWN bare repository (base.git), which holds what the snapshot has beyond the operator's objects; its info/alternates does NOT point to the operator's. */
  readonly objects: string;
}

export interface WorkRef {
  readonly name: string;
  readonly id: string;
}

/**
 * A path in a tree as git has it: bytes, each one a character (latin1), since a name need not be UTF-8.
 * `core/work/raw-path` turns it into text for people and bytes for the system.
 */
export type RawPath = string;

/** What stands in a tree under a path: git's mode (six octal digits) and object id. */
export interface TreeEntry {
  readonly mode: string;
  readonly id: string;
}

/** How one path differs between two trees; null: it is not there. */
export interface TreeChange {
  readonly path: RawPath;
  readonly before: TreeEntry | null;
  readonly after: TreeEntry | null;
}

/** A change that the operator is asked about before it lands. */
export interface Concern {
  readonly path: RawPath;
  /** Half a sentence: `git runs hooks from there`. */
  readonly reason: string;
}
