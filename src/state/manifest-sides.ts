import { type AgentDefinition, DEFAULT_BOTTLE, type Manifest, type Origin } from "../core/model/definition.ts";
import type { FileText } from "../host/files.ts";
import { readCertificates } from "./manifest-certificates.ts";
import { type CheckedFile, checkManifest, type PlacedFault } from "./manifest-check.ts";
import { inheritanceFaults, wholeBottles } from "./manifest-inheritance.ts";
import { type ReadProject, trustHint } from "./manifest-project.ts";
import { referenceFaults } from "./manifest-references.ts";

/** What one side adds to the manifest. */
export interface Side extends Pick<Manifest, "bottles" | "agents" | "broken"> {
  readonly faults: readonly PlacedFault[];
}

export interface OperatorSide extends Side {
  readonly caPems: Manifest["caPems"];
  /** Names that no project may use, sound or not. */
  readonly taken: { readonly bottles: readonly string[]; readonly agents: readonly string[] };
}

/** The operator's file; `text` may be missing. */
export async function readOperator(
  file: string,
  text: FileText,
  home: string,
  rack: readonly string[],
): Promise<OperatorSide> {
  const origin: Origin = { by: "operator", file };
  const checked = checkManifest(text.kind === "text" ? text.text : "{}", origin);
  const certificates = await readCertificates(checked, home);
  const faults = [
    ...(text.kind === "unreadable" ? [checked.fault([], `the file ${text.why}`)] : []),
    ...checked.faults,
    ...referenceFaults(checked, { rack, bottles: Object.keys(checked.parts) }),
    ...certificates.faults,
  ];
  faults.push(...inheritanceFaults(checked, Object.keys(checked.parts), {}, namesIn("bottles", faults)));
  const broken = { bottles: namesIn("bottles", faults), agents: namesIn("agents", faults) };
  return {
    faults,
    broken,
    bottles: wholeBottles(without(Object.keys(checked.bottles), broken.bottles), checked.bottles, origin),
    agents: agentsOf(checked, broken.agents, origin),
    caPems: certificates.pems,
    taken: {
      bottles: [DEFAULT_BOTTLE, ...Object.keys(checked.parts), ...broken.bottles],
      agents: [...rack, ...Object.keys(checked.agents), ...broken.agents],
    },
  };
}

/** The project's file beside the operator's, whose names it may not use. */
export function readProjectFile(project: ReadProject, operator: OperatorSide, rack: readonly string[]): Side {
  const { standing, text, unreadable, pathFaults } = project;
  const trusted = standing.standing === "trusted";
  const origin: Origin = { by: "project", file: standing.file, ...(trusted ? { trusted } : {}) };
  const checked = checkManifest(text ?? "{}", origin, trustHint(project));
  const own = without(Object.keys(checked.parts), operator.taken.bottles);
  const faults = [
    ...(unreadable === null ? [] : [checked.fault([], `the file ${unreadable}`)]),
    ...checked.faults,
    ...takenFaults(checked, "agents", Object.keys(checked.agents), operator.taken.agents),
    ...takenFaults(checked, "bottles", Object.keys(checked.parts), operator.taken.bottles),
    ...referenceFaults(checked, { rack, bottles: trusted ? own : null }),
  ];
  // What was refused by its key is not told twice.
  const said = new Set(faults.map(({ path }) => JSON.stringify(path)));
  for (const { place, message } of pathFaults) {
    if (!said.has(JSON.stringify(place))) faults.push(checked.fault(place, message));
  }
  const base = Object.hasOwn(operator.bottles, DEFAULT_BOTTLE) ? operator.bottles[DEFAULT_BOTTLE] : undefined;
  const outside = base === undefined ? {} : { [DEFAULT_BOTTLE]: partsOf(base) };
  const brokenIn = (section: "bottles" | "agents") => without(namesIn(section, faults), operator.taken[section]);
  faults.push(...inheritanceFaults(checked, own, outside, [...operator.broken.bottles, ...brokenIn("bottles")]));
  const broken = { bottles: brokenIn("bottles"), agents: brokenIn("agents") };
  const sound = without(own, broken.bottles);
  return {
    faults,
    broken,
    bottles: wholeBottles(sound, { ...checked.bottles, ...outside }, origin),
    agents: agentsOf(checked, [...broken.agents, ...operator.taken.agents], origin),
  };
}

function partsOf({ origin: _, inherited: __, ...definition }: Manifest["bottles"][string]) {
  return definition;
}

function takenFaults(
  file: CheckedFile,
  section: "bottles" | "agents",
  names: readonly string[],
  taken: readonly string[],
): readonly PlacedFault[] {
  const what = section === "agents" ? "an agent" : "a bottle";
  return names
    .filter((name) => taken.includes(name))
    .map((name) =>
      file.fault([section, name], `the name ${name} is taken`, `${what} of a project needs a name of its own`, "key"),
    );
}

function agentsOf(file: CheckedFile, left: readonly string[], origin: Origin): Manifest["agents"] {
  const entries = Object.entries(file.agents).filter(([name]) => !left.includes(name));
  return Object.fromEntries(
    entries.map(([name, definition]: [string, AgentDefinition]) => [name, { ...definition, origin }]),
  );
}

/** Names of the definitions in `section` to which a fault belongs. */
function namesIn(section: "bottles" | "agents", faults: readonly PlacedFault[]): readonly string[] {
  const names = faults.filter(({ path }) => path[0] === section && path.length > 1).map(({ path }) => String(path[1]));
  return [...new Set(names)];
}

function without(names: readonly string[], left: readonly string[]): readonly string[] {
  return names.filter((name) => !left.includes(name));
}
