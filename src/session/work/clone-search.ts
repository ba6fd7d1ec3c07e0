import { createPlainDetector } from "../../core/leaks/plain.ts";
import type { Secret } from "../../core/model/secret.ts";
import { REPORT_LIMIT, readWorkReport, type WorkReport } from "../../core/wire/work-report.ts";
import { searchFor } from "../secret-search.ts";
import { reportReader } from "./report-reader.ts";

/** Reads what a workshop that brought in a repository says: a report, objects of its history, and all files as tar. */
export interface CloneSearch {
  push(chunk: Buffer): void;
  /** Null when what came was none. */
  report(): WorkReport | null;
  /** Names of credentials whose values lie in the files, in any of their forms. */
  readonly inFiles: ReadonlySet<string>;
  /** Of those that lie in the history as they are. */
  readonly inHistory: ReadonlySet<string>;
}

export function cloneSearch(secrets: readonly Secret[]): CloneSearch {
  const reader = reportReader(REPORT_LIMIT);
  const files = searchFor(secrets);
  const history = createPlainDetector(secrets.map((secret) => ({ name: secret.name, value: secret })));
  const inFiles = new Set<string>();
  const inHistory = new Set<string>();
  let report: WorkReport | null = null;
  let left = 0;
  return {
    push(chunk) {
      const rest = reader.push(chunk);
      if (report === null && reader.head() !== null) {
        report = readWorkReport(reader.head() ?? "");
        left = report?.history?.bytes ?? 0;
      }
      const old = rest.subarray(0, left);
      left -= old.length;
      if (old.length > 0) for (const name of history.push(old)) inHistory.add(name);
      if (old.length < rest.length) for (const name of files.push(rest.subarray(old.length))) inFiles.add(name);
    },
    report: () => report,
    inFiles,
    inHistory,
  };
}
