import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { EMPTY_MANIFEST, type Manifest } from "../core/model/definition.ts";
import type { Problem } from "../core/model/finding.ts";
import { manifestError } from "../core/plan/manifest-problems.ts";
import type { AgentRack } from "../core/plan/selection.ts";
import { isErrno, readTextFile } from "../host/files.ts";
import { type Layout, MANIFEST_NAME } from "./layout.ts";
import type { PlacedFault } from "./manifest-check.ts";
import type { ReadProject } from "./manifest-project.ts";
import { ofTrustedOwner } from "./trusted-owner.ts";

export interface ManifestPlaces {
  readonly layout: Layout;
  /** Real path of the workspace. */
  readonly workspace: string;
  /** For paths that start with `~/`. */
  readonly home: string;
  readonly uid: number;
}

/**
 * Reads the operator's file and the project's file, if they are there, and merges them. Definitions with problems are
 * left out and named in `broken`; `problems` holds what is wrong in both files. Errors: MANIFEST_INVALID with all
 * problems when a file cannot be read, is no JSON, or the operator's file has a problem outside its definitions.
 * zod is loaded only when there is a file, and what reads and judges a project's only when it has one.
 */
export async function loadManifest(places: ManifestPlaces, rack: AgentRack): Promise<Manifest> {
  const { layout, home, uid } = places;
  const [operatorText, found] = await Promise.all([
    readTextFile(layout.operatorManifest).then((file) => ofTrustedOwner(file, uid)),
    projectIn(places),
  ]);
  if (operatorText.kind === "missing" && found === null) return EMPTY_MANIFEST;
  const { readOperator, readProjectFile } = await import("./manifest-sides.ts");
  const operator = await readOperator(layout.operatorManifest, operatorText, home, Object.keys(rack));
  const project = found === null ? null : readProjectFile(found, operator, Object.keys(rack));
  const projectFaults = project?.faults ?? [];

  const problems = [...inOrder(operator.faults), ...inOrder(projectFaults)];
  if (operator.faults.some(isOutside) || projectFaults.some(({ path }) => path.length === 0)) {
    throw manifestError("the manifest cannot be used", problems);
  }
  return {
    bottles: { ...project?.bottles, ...operator.bottles },
    agents: { ...project?.agents, ...operator.agents },
    broken: {
      bottles: [...operator.broken.bottles, ...(project?.broken.bottles ?? [])],
      agents: [...operator.broken.agents, ...(project?.broken.agents ?? [])],
    },
    problems,
    project: found?.standing ?? null,
    caPems: operator.caPems,
  };
}

async function projectIn({ layout, workspace, uid }: ManifestPlaces): Promise<ReadProject | null> {
  try {
    await lstat(join(workspace, MANIFEST_NAME));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return null;
    // Whatever else is wrong with it is said by who reads it.
  }
  const { readProject } = await import("./manifest-project.ts");
  return readProject(layout, workspace, uid);
}

/** A fault that belongs to no definition: which ones it spoils cannot be told. */
function isOutside({ path }: PlacedFault): boolean {
  return path.length < 2 || (path[0] !== "bottles" && path[0] !== "agents");
}

function inOrder(faults: readonly PlacedFault[]): readonly Problem[] {
  return faults.map(({ problem }) => problem).sort((a, b) => a.line - b.line || a.column - b.column);
}
