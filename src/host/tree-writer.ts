import { randomBytes } from "node:crypto";
import { closeSync, constants, futimesSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { isErrno } from "./files.ts";

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** Between any two names of a chain a link could have been put. */
interface OpenFolder {
  readonly name: string;
  readonly fd: number;
}

/** What could not be written, in words for a person; the path is relative to the tree. */
export class TreeProblem extends Error {
  override readonly name = "TreeProblem";
}

/**
 * Writes a tree below one folder and never through a link (attack row 143): every folder is opened from its parent's
 * descriptor without following links, as openat(2) does, and a file is written under a new name and then moved to its
 * place. A link that stands in the place of a file is replaced; one in the place of a folder is a TreeProblem.
 */
export class TreeWriter implements Disposable {
  readonly #root: number;
  #chain: OpenFolder[] = [];
  #file: { readonly fd: number; readonly path: string; readonly hidden: string; readonly parent: number } | null = null;

  /** `folder` is the operator's own word: links in it are followed. */
  constructor(folder: string) {
    this.#root = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  /** Makes a folder, or uses the one that is there. */
  folder(path: string, mode: number): void {
    this.#enter(path.split("/"), mode);
  }

  /** Begins a file; `write` and `close` follow. `mode` is masked by the umask. */
  open(path: string, mode: number): void {
    const parts = path.split("/");
    const parent = this.#enter(parts.slice(0, -1), 0o755);
    const hidden = `.bottle-cp-${randomBytes(8).toString("hex")}`;
    this.#file = { fd: openSync(at(parent, hidden), NEW_FILE, (mode & 0o777) | 0o600), path, hidden, parent };
  }

  write(bytes: Uint8Array): void {
    if (this.#file === null) throw new TreeProblem("content without a file");
    for (let from = 0; from < bytes.length; ) from += writeSync(this.#file.fd, bytes, from);
  }

  /** Puts the file in its place, with its time in seconds after 1970. */
  close(mtime: number): void {
    const file = this.#file;
    if (file === null) throw new TreeProblem("an end without a file");
    futimesSync(file.fd, mtime, mtime);
    closeSync(file.fd);
    this.#file = null;
    const name = file.path.slice(file.path.lastIndexOf("/") + 1);
    try {
      renameSync(at(file.parent, file.hidden), at(file.parent, name));
    } catch (error) {
      rmSync(at(file.parent, file.hidden), { force: true });
      if (isErrno(error, "EISDIR", "ENOTEMPTY", "EEXIST")) throw new TreeProblem(`${file.path} is a folder here`);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    if (this.#file !== null) {
      closeSync(this.#file.fd);
      rmSync(at(this.#file.parent, this.#file.hidden), { force: true });
    }
    for (const { fd } of this.#chain) closeSync(fd);
    closeSync(this.#root);
  }

  /** The descriptor of a folder of the tree; what is missing of it is made. */
  #enter(parts: readonly string[], mode: number): number {
    let same = 0;
    while (same < parts.length && this.#chain[same]?.name === parts[same]) same++;
    for (const { fd } of this.#chain.splice(same)) closeSync(fd);
    for (const [index, name] of parts.entries()) {
      if (index < same) continue;
      const parent = this.#chain.at(-1)?.fd ?? this.#root;
      try {
        mkdirSync(at(parent, name), (mode & 0o777) | 0o700);
      } catch (error) {
        if (!isErrno(error, "EEXIST")) throw error;
      }
      try {
        this.#chain.push({ name, fd: openSync(at(parent, name), FOLDER) });
      } catch (error) {
        const path = parts.slice(0, index + 1).join("/");
        if (isErrno(error, "ENOTDIR", "ELOOP")) throw new TreeProblem(`${path} is here, and is not a folder`);
        throw error;
      }
    }
    return this.#chain.at(-1)?.fd ?? this.#root;
  }
}

/** A name below an open folder: Node has no openat(2), and proc(5) resolves the descriptor, not a path. */
const at = (folder: number, name: string): string => `/proc/self/fd/${folder}/${name}`;
