/** Something of the host's tools that a bottle shows: a known toolchain by its name, or a folder by its path. */
export type ToolDefinition =
  | string
  | {
      /** Absolute or `~/`. */
      readonly path: string;
      /** Folders with programs, relative to `path`; absent: `bin`. */
      readonly bin?: readonly string[] | undefined;
    };

/** A folder that a toolchain keeps things in. */
export interface ToolPlace {
  /**
   * Where it may be, the first that is there counts: `$NAME` and what follows (a variable of the operator that holds an
   * absolute path), `~/...`, or absolute.
   */
  readonly candidates: readonly string[];
  /**
   * What is shown of it, relative to it ("" is the whole): only what programs need, so that no credential, log or cache
   * beside it shows. The first must be there, the others may be missing.
   */
  readonly shows: readonly string[];
  /** Relative folders whose entries `arrange` needs; `*` stands for each entry of a folder. */
  readonly lists?: readonly string[];
  /** Relative folders whose small files, or single small files, `arrange` needs the text of; `~/` is the operator's home. */
  readonly reads?: readonly string[];
}

/** A place as it was found on this host. */
export interface FoundPlace {
  /** As the operator and the toolchain's own files name it. */
  readonly path: string;
  /** What of `shows` is there: relative name, real path, and whether it is one file. */
  readonly shown: readonly { readonly part: string; readonly real: string; readonly file: boolean }[];
  readonly entries: Readonly<Record<string, readonly string[]>>;
  readonly texts: Readonly<Record<string, string>>;
}

/** What was looked for and not found, in words: the paths that were tried. */
export interface MissingPlace {
  readonly tried: readonly string[];
}

/** What `host/toolchains` found, by the toolchain's name or the folder's path as written, then by place. */
export type FoundTools = Readonly<Record<string, Readonly<Record<string, FoundPlace | MissingPlace>>>>;

/** Where a place is inside, and what `arrange` asked for. */
export interface GuestPlace {
  readonly guest: string;
  readonly entries: Readonly<Record<string, readonly string[]>>;
  readonly texts: Readonly<Record<string, string>>;
}

/** What makes a toolchain work inside: folders for PATH, first one first, and variables. */
export interface ArrangedTool {
  readonly bin: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** One toolchain that is known by name: pure data, and one pure function. */
export interface Toolchain {
  readonly name: string;
  readonly title: string;
  /** Programs that it brings, for notes. */
  readonly programs: readonly string[];
  readonly places: Readonly<Record<string, ToolPlace>>;
  /** False: its files name each other by absolute path, so that it works at its own path only. */
  readonly movable: boolean;
  /** A text says what is wrong with it on this host. `home` is the agent's. */
  arrange(places: Readonly<Record<string, GuestPlace>>, home: string): ArrangedTool | string;
}
