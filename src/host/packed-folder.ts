import { spawn } from "node:child_process";
import { PassThrough, type Readable } from "node:stream";
import { BottleError } from "../core/model/errors.ts";
import { printable } from "../core/wire/printable.ts";

export interface PackRequest {
  /** Absolute path of GNU tar. */
  readonly tar: string;
  /** Absolute path of a folder of the operator. */
  readonly folder: string;
  /** What of it is packed; default: all. Relative to it, each without a leading `./`. */
  readonly only?: readonly string[];
  /** What is left out, with all below it. Relative to it, each without a leading `./`. */
  readonly without?: readonly string[];
  /** uid and gid that the entries get in place of their own. */
  readonly owner?: number;
}

export interface PackedFolder extends Disposable {
  /** A tar archive (POSIX pax interchange format), paths relative to the folder; sockets are left out. */
  readonly stream: Readable;
  /** Resolves when all of it came. Rejects with PROVISION_FAILED for a file that cannot be read. */
  readonly done: Promise<void>;
}

/** Packs a folder of the operator as it is read; ended early by its disposal. Never for a folder that an agent wrote. */
export function packFolder({ tar, folder, only = ["."], without = [], owner }: PackRequest): PackedFolder {
  const child = spawn(
    tar,
    [
      ...["--create", "--file=-", "--format=posix", "--numeric-owner", "--directory", folder],
      ...["--warning=no-file-ignored", "--warning=no-file-changed", "--anchored", "--no-wildcards"],
      ...(owner === undefined ? [] : [`--owner=${owner}`, `--group=${owner}`]),
      ...without.map((path) => `--exclude=./${path}`),
      ...["--", ...only.map((path) => (path === "." ? path : `./${path}`))],
    ],
    { env: { LC_ALL: "C" }, cwd: "/", stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (words.length < 4096) words += text;
  });
  const done = new Promise<void>((resolve, reject) => {
    const fail = (why: string, cause?: unknown) =>
      reject(
        new BottleError("PROVISION_FAILED", `${folder} could not be packed: ${printable(why, 300)}`, {
          hint: "every file in it must be readable by you",
          cause,
        }),
      );
    child.once("error", (cause) => fail(cause.message, cause));
    child.once("close", (code) => {
      // 1: a file changed while it was read; the copy is as good as any taken at that moment.
      if (code === 0 || code === 1) resolve();
      else fail(words.trim().split("\n")[0] ?? "", undefined);
    });
  });
  done.catch(() => undefined);
  // At once: of a child that has ended Node throws away what nobody has begun to read.
  const stream = child.stdout.pipe(new PassThrough());
  return { stream, done, [Symbol.dispose]: () => void child.kill("SIGKILL") };
}
