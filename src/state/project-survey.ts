import type { ProjectStanding } from "../core/model/definition.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Problem } from "../core/model/finding.ts";
import { manifestError } from "../core/plan/manifest-problems.ts";
import { type Power, powersOf } from "../core/plan/powers.ts";
import type { AgentRack } from "../core/plan/selection.ts";
import type { TrustedSet } from "../core/plan/trust.ts";
import { readTextFile } from "../host/files.ts";
import { MANIFEST_NAME } from "./layout.ts";
import { readProject } from "./manifest-project.ts";
import { readOperator, readProjectFile } from "./manifest-sides.ts";
import { formatPath, parseManifestText } from "./manifest-text.ts";
import type { ManifestPlaces } from "./manifests.ts";

/** What trusting a project's manifest would mean. */
export interface ProjectSurvey {
  readonly standing: ProjectStanding;
  /** Exactly what was read and is shown: this, and not what lies there later, is what trust is written for. */
  readonly set: TrustedSet;
  /** What it says beyond what any project may, the gravest first. `path` as in messages. */
  readonly powers: readonly (Omit<Power, "path"> & { readonly path: string })[];
  /** What would still be wrong in it. */
  readonly problems: readonly Problem[];
}

/**
 * Looks at the project's manifest as if it were trusted; changes nothing. Errors: USAGE when there is none,
 * MANIFEST_INVALID when the file cannot be read or is no JSON.
 */
export async function surveyProject(places: ManifestPlaces, rack: AgentRack): Promise<ProjectSurvey> {
  const { layout, workspace, home, uid } = places;
  const found = await readProject(layout, workspace, uid);
  if (found === null) {
    throw new BottleError("USAGE", `there is no ${MANIFEST_NAME} in ${workspace}`, {
      hint: "name the folder of the project; bottle init --project writes a manifest for it",
    });
  }
  const names = Object.keys(rack);
  const operator = await readOperator(
    layout.operatorManifest,
    await readTextFile(layout.operatorManifest),
    home,
    names,
  );
  const trusted = readProjectFile({ ...found, standing: { ...found.standing, standing: "trusted" } }, operator, names);
  const problems = trusted.faults.map(({ problem }) => problem);
  if (trusted.faults.some(({ path }) => path.length === 0)) throw manifestError("this cannot be trusted", problems);
  const { value } = parseManifestText(found.standing.file, found.text ?? "");
  const powers = powersOf(value).map((power) => ({ ...power, path: formatPath(power.path) }));
  return { standing: found.standing, set: found.set, powers, problems };
}
