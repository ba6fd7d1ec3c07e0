import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import type { Backend } from "../../backends/backend.ts";
import { BottleError } from "../../core/model/errors.ts";
import type { RepositoryBase, WorkBase } from "../../core/model/work.ts";
import { printable } from "../../core/wire/printable.ts";
import { REPORT_LIMIT, readWorkReport } from "../../core/wire/work-report.ts";
import type { BottlePaths } from "../../state/layout.ts";
import type { SessionContext } from "../context.ts";
import { COLLECT_SCRIPT } from "./collect-script.ts";
import type { CollectedWork } from "./collected.ts";
import { reportReader } from "./report-reader.ts";
import { ownedName } from "./unfinished.ts";

export interface CollectRequest {
  readonly name: string;
  readonly backend: Backend;
  readonly paths: BottlePaths;
  readonly base: WorkBase;
  readonly repository: RepositoryBase;
  /** True where the host no longer has the objects that the work builds on: the pack then holds the whole history. */
  readonly full: boolean;
}

export interface Collection {
  /** Resolves when all of the pack came; rejects with WORK_UNREADABLE, or BOTTLE_GONE after an interrupt. */
  readonly done: Promise<void>;
}

/**
 * Collects what an agent made of one repository, while it runs or after it ended, and answers as soon as the report is
 * there; the pack streams on, and `done` resolves when all of it came. What comes is the agent's word: nothing of it is
 * to be used before it was imported into a quarantine. Errors: WORK_UNREADABLE, BOTTLE_GONE; `done` rejects with them too.
 */
export async function collectWork(
  request: CollectRequest,
  { facts, signal }: Pick<SessionContext, "facts" | "signal">,
): Promise<CollectedWork & Collection> {
  const { name, backend, paths, base, repository } = request;
  // One for each collection: several may look at the same time.
  const scratch = join(paths.scratch, ownedName());
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const pack = new PassThrough({ highWaterMark: 1 << 20 });
  const reader = reportReader(REPORT_LIMIT);
  let reported: () => void = () => undefined;
  const headSeen = new Promise<void>((resolve) => {
    reported = resolve;
  });
  const kind = base.kind === "clone" ? "git" : "files";
  const place = dirname(repository.objects);
  const result = backend
    .workshop(
      {
        bottle: name,
        script: COLLECT_SCRIPT,
        args: [
          ...[join("/theirs", repository.path), `/base/${basename(place)}`, "/scratch", repository.snapshot],
          ...[request.full ? "full" : "", kind],
        ],
        folders: [
          { host: paths.workspace, guest: "/theirs" },
          { host: paths.baseFolder, guest: "/base" },
          { host: scratch, guest: "/scratch", writable: true, temporary: true },
        ],
        agentFolder: paths.workspace,
        as: "agent",
        stdin: new Uint8Array(),
        onStdout: (chunk) => {
          const rest = reader.push(chunk);
          if (reader.head() !== null) reported();
          if (rest.length === 0 || pack.write(rest) || pack.destroyed) return undefined;
          return roomIn(pack);
        },
        signal,
      },
      facts,
    )
    .finally(() => backend.erase(scratch, facts))
    .then(({ code, words, timedOut }) => {
      if (signal.aborted) throw new BottleError("BOTTLE_GONE", `interrupted by ${String(signal.reason)}`);
      if (code !== 0) throw unreadable(name, timedOut ? "it took too long" : words || `git ended with ${code}`);
      pack.end();
    });
  const done = result.catch((error: unknown) => {
    pack.destroy(error instanceof Error ? error : undefined);
    throw error;
  });
  done.catch(() => undefined);
  pack.on("error", () => undefined);
  await Promise.race([headSeen, done]);
  const report = readWorkReport(reader.head() ?? "");
  if (report === null || report.work === null || report.format !== repository.objectFormat) {
    pack.destroy();
    await done.catch(() => undefined);
    throw unreadable(name, "what came out of it is no report");
  }
  const { branch, head, work, embedded, missed } = report;
  // What is told already, or where nothing was done.
  const refs = report.refs.filter(({ name: ref, id }) => ref !== branch && id !== repository.snapshot);
  return { repository, branch, head, work, refs, embedded, missed, pack, done };
}

/** Resolves when a full stream takes more, or never will. */
function roomIn(stream: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
  });
}

function unreadable(name: string, words: string): BottleError {
  const why = printable(words.trim().split("\n")[0] ?? "", 300) || "no word of why";
  return new BottleError("WORK_UNREADABLE", `the work in ${name} could not be collected: ${why}`, {
    hint: `look with: bottle exec ${name} -- git status; bottle cp takes single files out`,
  });
}
