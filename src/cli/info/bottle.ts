import { explainPlan } from "../../core/plan/explain.ts";
import { formatSize } from "../../core/plan/sizes.ts";
import { folderFiles } from "../../state/folder-files.ts";
import type { Layout } from "../../state/layout.ts";
import { readPlan } from "../../state/plan-file.ts";
import type { ListedBottle } from "../../state/records.ts";
import { report } from "./sections.ts";

/** All that is on disk about one bottle: record, files, plan. What cannot be read is said, and hides nothing else. */
export async function bottleInfo(
  { name, record, state, problem }: ListedBottle,
  layout: Layout,
  json: boolean,
): Promise<string> {
  const files = await folderFiles(layout, name);
  const [plan, planProblem] = await readPlan(layout, name).then(
    (found) => [found, null] as const,
    (error: Error) => [null, error.message] as const,
  );
  if (json) return `${JSON.stringify({ name, state, record, problem, files, plan, planProblem }, null, 2)}\n`;
  const rows: (readonly string[])[] = [["state", state]];
  if (record !== null) {
    rows.push(
      ["agent", record.agent === record.provider ? record.agent : `${record.agent} (${record.provider})`],
      ["created", record.createdAt],
      ...(record.endedAt === null ? [] : [["ended", record.endedAt]]),
      ...(record.exitCode === null ? [] : [["exit code", String(record.exitCode)]]),
      ["host process", String(record.host.pid)],
      ["sockets", record.run],
    );
  }
  const size = (bytes: number | null) => (bytes === null ? "folder" : bytes === 0 ? "empty" : formatSize(bytes));
  const head = report([
    [name, rows],
    ["on disk", files.map(({ path, bytes }) => [path, size(bytes)])],
    ["problems", [problem, planProblem].filter((text) => text !== null).map((text) => [text])],
  ]);
  return plan === null ? head : `${head}\n${explainPlan(plan)}`;
}
