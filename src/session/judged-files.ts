import { createHash } from "node:crypto";
import type { ProjectStanding } from "../core/model/definition.ts";
import { BottleError } from "../core/model/errors.ts";
import type { FoundSetup } from "../core/model/setup.ts";
import { projectPathParts } from "../core/plan/project-paths.ts";
import type { AgentSelection } from "../core/plan/selection.ts";

/**
 * Refuses a setup that holds other bytes of the project than those that were judged with its manifest, and compared with
 * what the operator trusts: somebody writes there at this moment (attack row 141). `workspace` is a real path.
 * Errors: SOURCE_REFUSED.
 */
export function refuseUnjudged(
  { origin, wanted }: Pick<AgentSelection, "origin" | "wanted">,
  { skills, instructions }: FoundSetup,
  project: ProjectStanding | null,
  workspace: string,
): void {
  if (origin?.by !== "project") return;
  const judged = project?.files ?? {};
  const known = (path: string) => (Object.hasOwn(judged, path) ? judged[path] : undefined);
  for (const { host, sha256, mode } of skills.flatMap(({ files }) => files)) {
    const path = host.startsWith(`${workspace}/`) ? host.slice(workspace.length + 1) : host;
    const file = known(path);
    if (file?.sha256 !== sha256 || file.executable !== ((mode & 0o111) !== 0)) throw changed(path);
  }
  if (wanted.promptFile === null || instructions === null) return;
  const parts = projectPathParts(wanted.promptFile);
  const path = typeof parts === "string" ? wanted.promptFile : parts.join("/");
  // Reading takes a byte order mark away.
  const digests = [instructions, `\uFEFF${instructions}`].map((text) =>
    createHash("sha256").update(text).digest("hex"),
  );
  if (!digests.includes(known(path)?.sha256 ?? "")) throw changed(path);
}

function changed(path: string): BottleError {
  return new BottleError("SOURCE_REFUSED", `${path} of the project changed while it was read`, {
    hint: "something writes in the project at this moment: start again when it has ended",
  });
}
