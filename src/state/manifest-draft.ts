import type { Problem } from "../core/model/finding.ts";
import type { AgentRack } from "../core/plan/selection.ts";
import { readTextFile } from "../host/files.ts";
import { MANIFEST_NAME } from "./layout.ts";
import { readOperator, readProjectFile } from "./manifest-sides.ts";
import type { ManifestPlaces } from "./manifests.ts";

/** What would be wrong with a manifest of this text before it is written; a project's is judged as if it were trusted. */
export async function draftProblems(
  by: "operator" | "project",
  file: string,
  text: string,
  { layout, workspace, home }: ManifestPlaces,
  rack: AgentRack,
): Promise<readonly Problem[]> {
  const names = Object.keys(rack);
  if (by === "operator") {
    const written = { kind: "text", text, mode: 0o600, uid: 0 } as const;
    return (await readOperator(file, written, home, names)).faults.map(({ problem }) => problem);
  }
  const operator = await readOperator(
    layout.operatorManifest,
    await readTextFile(layout.operatorManifest),
    home,
    names,
  );
  const draft = {
    text,
    unreadable: null,
    standing: { file: `${workspace}/${MANIFEST_NAME}`, standing: "trusted", changed: [], files: {}, note: null },
    set: { project: workspace, manifest: "", files: {} },
    pathFaults: [],
  } as const;
  return readProjectFile(draft, operator, names).faults.map(({ problem }) => problem);
}
