import { DEFAULT_BOTTLE } from "../core/model/definition.ts";
import { bottleProblems } from "../core/plan/bottle-problems.ts";
import { fieldsOf } from "../core/plan/fields.ts";
import { nearest } from "../core/plan/nearest.ts";
import type { CheckedFile, PlacedFault } from "./manifest-check.ts";
import { rulesOf } from "./manifest-parts.ts";
import type { Path } from "./manifest-text.ts";

/** Names that definitions of a file may refer to. */
export interface KnownNames {
  /** Built-in agents and providers. */
  readonly rack: readonly string[];
  /** Bottles that an agent of this file may run in beside `default`, sound or not; null: an untrusted project's file, which may speak of none. */
  readonly bottles: readonly string[] | null;
}

/**
 * What only shows when parts of a file are seen together: references to what does not exist, bind as a default, what
 * planning would refuse. Asked of whatever could be read, so that no other fault hides it.
 */
export function referenceFaults(file: CheckedFile, known: KnownNames): readonly PlacedFault[] {
  const { bottles, agents } = fieldsOf(file.value);
  const found = [
    ...Object.entries(known.bottles === null ? {} : fieldsOf(bottles)).flatMap(([name, bottle]) =>
      bottleFaults(file, name, bottle),
    ),
    ...Object.entries(fieldsOf(agents)).flatMap(([name, agent]) => agentFaults(file, name, agent, known)),
  ];
  // What is no name at all was said to be none already.
  const said = new Set(file.faults.map(({ path }) => JSON.stringify(path)));
  return found.filter(({ path }) => !said.has(JSON.stringify(path)));
}

function bottleFaults(file: CheckedFile, name: string, bottle: unknown): readonly PlacedFault[] {
  const faults: PlacedFault[] = [];
  const place = (path: Path): Path => ["bottles", name, ...path];
  if (name === DEFAULT_BOTTLE && isBind(fieldsOf(bottle).workspace)) {
    faults.push(file.fault(place(["workspace"]), BIND_DEFAULT, BIND_HINT));
  }
  // What it builds on may have the credential: that is for `inheritanceFaults`.
  if (fieldsOf(bottle).extends === undefined) faults.push(...credentialFaults(file, name, bottle, []));
  const parts = file.parts[name];
  for (const { path, message } of parts === undefined ? [] : bottleProblems(parts.definition)) {
    const [section, list, index] = path;
    const real =
      section === "egress" && list === "rules" && typeof index === "number"
        ? [section, list, parts?.ruleIndexes[index] ?? index, ...path.slice(3)]
        : path;
    faults.push(file.fault(place(real), message));
  }
  return faults;
}

export const BIND_DEFAULT = "bind is never a default";
export const BIND_HINT = "use another bottle, or type --workspace bind";

/** Rules of a bottle that name a credential which neither it nor what it builds on (`inherited`) has. */
export function credentialFaults(
  file: CheckedFile,
  name: string,
  bottle: unknown,
  inherited: readonly string[],
): readonly PlacedFault[] {
  const known = [...Object.keys(fieldsOf(fieldsOf(bottle).credentials)), ...inherited];
  return rulesOf(bottle).flatMap((rule, index) => {
    const { credential } = fieldsOf(rule);
    if (typeof credential !== "string" || known.includes(credential)) return [];
    const message = `no credential of this bottle is called ${credential}`;
    const place = ["bottles", name, "egress", "rules", index, "credential"];
    return [file.fault(place, message, meant(credential, known))];
  });
}

function agentFaults(file: CheckedFile, name: string, agent: unknown, known: KnownNames): readonly PlacedFault[] {
  if (typeof agent !== "object" || agent === null || Array.isArray(agent)) return [];
  const faults: PlacedFault[] = [];
  const { provider: given, bottle } = fieldsOf(agent);
  const provider = given ?? name;
  if (typeof provider === "string" && !known.rack.includes(provider)) {
    const message = given === undefined ? "provider is missing" : `no built-in agent is called ${provider}`;
    faults.push(file.fault(["agents", name, "provider"], message, meant(provider, known.rack)));
  }
  const bottles = [...new Set([...(known.bottles ?? []), DEFAULT_BOTTLE])];
  if (known.bottles !== null && typeof bottle === "string" && !bottles.includes(bottle)) {
    faults.push(file.fault(["agents", name, "bottle"], `no bottle is called ${bottle}`, meant(bottle, bottles)));
  }
  return faults;
}

/** What a name that is none was meant to be, as a hint. */
export function meant(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  if (near !== null) return `did you mean ${near}?`;
  return candidates.length === 0 ? "none is defined" : `there is: ${candidates.join(", ")}`;
}

/** Is the folder itself given away, in either form? */
export function isBind(workspace: unknown): boolean {
  return workspace === "bind" || fieldsOf(workspace).mode === "bind";
}
