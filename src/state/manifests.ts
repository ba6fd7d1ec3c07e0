import { join } from "node:path";
import { EMPTY_MANIFEST, type Manifest, type Origin } from "../core/model/definition.ts";
import type { Problem } from "../core/model/finding.ts";
import { expandHome } from "../core/plan/home-path.ts";
import { manifestError } from "../core/plan/manifest-problems.ts";
import type { AgentRack } from "../core/plan/selection.ts";
import { type FileText, readTextFile } from "../host/files.ts";
import { type Layout, MANIFEST_NAME } from "./layout.ts";
import type { CheckedFile, PlacedFault } from "./manifest-check.ts";

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
 * zod is loaded only when there is a file.
 */
export async function loadManifest(places: ManifestPlaces, rack: AgentRack): Promise<Manifest> {
  const operatorFile = places.layout.operatorManifest;
  const projectFile = join(places.workspace, MANIFEST_NAME);
  const [operatorText, projectText] = await Promise.all([
    readTextFile(operatorFile).then((file) => ofTrustedOwner(file, places.uid)),
    // A link in a repository could lead to any file, whose lines would then show in messages.
    readTextFile(projectFile, { followLinks: false }),
  ]);
  if (operatorText.kind === "missing" && projectText.kind === "missing") return EMPTY_MANIFEST;
  const { checkManifest } = await import("./manifest-check.ts");
  const { referenceFaults } = await import("./manifest-references.ts");

  const read = (
    by: Origin["by"],
    file: string,
    text: FileText,
  ): { origin: Origin; checked: CheckedFile; faults: PlacedFault[] } => {
    const origin = { by, file } as const;
    const checked = checkManifest(text.kind === "text" ? text.text : "{}", origin);
    const unreadable = text.kind === "unreadable" ? [checked.fault([], `the file ${text.why}`)] : [];
    return { origin, checked, faults: [...unreadable, ...checked.faults] };
  };
  const operator = read("operator", operatorFile, operatorText);
  const project = read("project", projectFile, projectText);
  const rackOf = Object.keys(rack);
  const bottles = Object.keys(operator.checked.parts);
  operator.faults.push(...referenceFaults(operator.checked, { rack: rackOf, bottles }));
  const certificates = await readCertificates(operator.checked, places.home);
  operator.faults.push(...certificates.faults);

  const taken = new Set([...rackOf, ...Object.keys(operator.checked.agents), ...namesIn("agents", operator.faults)]);
  for (const name of Object.keys(project.checked.agents).filter((agent) => taken.has(agent))) {
    const hint = "an agent of a project needs a name of its own";
    project.faults.push(project.checked.fault(["agents", name], `the name ${name} is taken`, hint, "key"));
  }
  project.faults.push(...referenceFaults(project.checked, { rack: rackOf, bottles: null }));

  const problems = [...inOrder(operator.faults), ...inOrder(project.faults)];
  if (operator.faults.some(isOutside) || project.faults.some(({ path }) => path.length === 0)) {
    throw manifestError("the manifest cannot be used", problems);
  }
  const brokenAgents = [
    ...namesIn("agents", operator.faults),
    ...namesIn("agents", project.faults).filter((name) => !taken.has(name)),
  ];
  const brokenBottles = namesIn("bottles", operator.faults);
  const operatorAgents = without(operator.checked.agents, brokenAgents, operator.origin);
  const projectAgents = without(project.checked.agents, [...brokenAgents, ...taken], project.origin);
  return {
    bottles: without(operator.checked.bottles, brokenBottles, operator.origin),
    agents: { ...projectAgents, ...operatorAgents },
    broken: { bottles: brokenBottles, agents: brokenAgents },
    problems,
    caPems: certificates.pems,
  };
}

/** A manifest hands out credentials and ways out: whoever can write it owns every bottle. */
function ofTrustedOwner(file: FileText, uid: number): FileText {
  if (file.kind !== "text") return file;
  if (file.uid !== uid && file.uid !== 0) return { kind: "unreadable", why: `belongs to user ${file.uid}, not to you` };
  if ((file.mode & 0o002) !== 0) return { kind: "unreadable", why: "may be written by everybody; chmod o-w it" };
  return file;
}

async function readCertificates(
  file: CheckedFile,
  home: string,
): Promise<{ readonly pems: Readonly<Record<string, string>>; readonly faults: readonly PlacedFault[] }> {
  const pems: Record<string, string> = {};
  const faults: PlacedFault[] = [];
  for (const [name, { definition, ruleIndexes }] of Object.entries(file.parts)) {
    for (const [at, { dial }] of (definition.egress?.rules ?? []).entries()) {
      if (dial?.ca === undefined) continue;
      const text = await readTextFile(expandHome(dial.ca, home));
      if (text.kind === "text" && text.text.includes("-----BEGIN CERTIFICATE-----")) pems[dial.ca] = text.text;
      else {
        const why =
          text.kind === "text" ? "holds no PEM certificate" : text.kind === "missing" ? "is missing" : text.why;
        faults.push(
          file.fault(["bottles", name, "egress", "rules", ruleIndexes[at] ?? at, "dial", "ca"], `${dial.ca} ${why}`),
        );
      }
    }
  }
  return { pems, faults };
}

/** Names of the definitions in `section` to which a fault belongs. */
function namesIn(section: "bottles" | "agents", faults: readonly PlacedFault[]): readonly string[] {
  const names = faults.filter(({ path }) => path[0] === section && path.length > 1).map(({ path }) => String(path[1]));
  return [...new Set(names)];
}

/** A fault that belongs to no definition: which ones it spoils cannot be told. */
function isOutside({ path }: PlacedFault): boolean {
  return path.length < 2 || (path[0] !== "bottles" && path[0] !== "agents");
}

function without<T>(
  definitions: Readonly<Record<string, T>>,
  names: readonly string[],
  origin: Origin,
): Readonly<Record<string, T & { readonly origin: Origin }>> {
  const entries = Object.entries(definitions).filter(([name]) => !names.includes(name));
  return Object.fromEntries(entries.map(([name, definition]) => [name, { ...definition, origin }]));
}

function inOrder(faults: readonly PlacedFault[]): readonly Problem[] {
  return faults.map(({ problem }) => problem).sort((a, b) => a.line - b.line || a.column - b.column);
}
