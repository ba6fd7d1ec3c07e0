import { type BottleDefinition, DEFAULT_BOTTLE, type Origin, type WholeBottle } from "../core/model/definition.ts";
import { bottleProblems } from "../core/plan/bottle-problems.ts";
import { fieldsOf } from "../core/plan/fields.ts";
import {
  type BottleShelf,
  type LineageFault,
  LONGEST_LINEAGE,
  lineageFaults,
  type MergedBottle,
  mergeBottle,
} from "../core/plan/inheritance.ts";
import type { CheckedFile, PlacedFault } from "./manifest-check.ts";
import { BIND_DEFAULT, BIND_HINT, credentialFaults, isBind, meant } from "./manifest-references.ts";
import type { Path } from "./manifest-text.ts";

/**
 * What is wrong with those bottles of a file among `names` that build on others: the others themselves, and what
 * planning would refuse in the whole. `outside` are bottles of another file that these may build on; `broken` names what
 * has problems already.
 */
export function inheritanceFaults(
  file: CheckedFile,
  names: readonly string[],
  outside: BottleShelf,
  broken: readonly string[],
): readonly PlacedFault[] {
  const own = names.map((name) => [name, file.parts[name]?.definition ?? {}] as const);
  const shelf: BottleShelf = { ...outside, ...Object.fromEntries(own) };
  const children = own.filter(([, bottle]) => bottle.extends !== undefined).map(([name]) => name);
  const faults = new Map<string, readonly PlacedFault[]>();
  // A child that turns out broken breaks its own children, so all are asked again until no more turn up.
  for (let before = -1; before < faults.size; ) {
    before = faults.size;
    const known = [...broken, ...faults.keys()];
    for (const name of children.filter((child) => !faults.has(child))) {
      const found = childFaults(file, name, shelf, known);
      if (found.length > 0) faults.set(name, found);
    }
  }
  return [...faults.values()].flat();
}

function childFaults(
  file: CheckedFile,
  name: string,
  shelf: BottleShelf,
  broken: readonly string[],
): readonly PlacedFault[] {
  const place: Path = ["bottles", name, "extends"];
  const lineage = lineageFaults(name, shelf, broken).map((fault) => file.fault(place, ...worded(fault, shelf, name)));
  if (lineage.length > 0) return lineage;
  const raw = fieldsOf(fieldsOf(file.value).bottles)[name];
  const whole = mergeBottle(name, shelf);
  const bind = name === DEFAULT_BOTTLE && isBind(whole.definition.workspace) && whole.from.workspace !== name;
  return [
    ...(bind ? [file.fault(place, BIND_DEFAULT, BIND_HINT)] : []),
    ...credentialFaults(file, name, raw, Object.keys(whole.definition.credentials ?? {})),
    ...wholeFaults(
      file,
      name,
      whole,
      bottleProblems(file.parts[name]?.definition ?? {}).map(({ message }) => message),
    ),
  ];
}

/** What planning would refuse in the whole and not in the bottle's own part, told where the bottle names what it builds on. */
function wholeFaults(
  file: CheckedFile,
  name: string,
  whole: MergedBottle,
  ownMessages: readonly string[],
): readonly PlacedFault[] {
  const told = new Set(ownMessages);
  return bottleProblems(whole.definition).flatMap(({ path, message }) => {
    if (told.has(message)) return [];
    const part = partOf(path);
    const owner = whole.from[part];
    const text = owner === undefined || owner === name ? `${part}: ${message}` : `${part} of ${owner}: ${message}`;
    return [file.fault(["bottles", name, "extends"], `with what it builds on, ${text}`)];
  });
}

/** `egress.rules[2]`, `limits.memory`, `credentials`: the key of `MergedBottle.from`. */
function partOf(path: Path): string {
  const [section = "", key, index] = path;
  if (section === "egress") return typeof index === "number" ? `egress.rules[${index}]` : "egress.rules";
  return key === undefined ? String(section) : `${section}.${key}`;
}

function worded(fault: LineageFault, shelf: BottleShelf, name: string): [message: string, hint?: string] {
  switch (fault.kind) {
    case "unknown": {
      const others = Object.keys(shelf).filter((other) => other !== name);
      return [`no bottle is called ${fault.parent}`, meant(fault.parent, others)];
    }
    case "circle":
      return [`it builds on itself: ${fault.circle.join(" -> ")}`, "take one of them out"];
    case "broken":
      return [`it builds on ${fault.parent}, which has problems`];
    case "long":
      return [`it builds on more than ${LONGEST_LINEAGE} bottles`];
  }
}

/** The sound bottles called `names`, each with all that it inherits. */
export function wholeBottles(
  names: readonly string[],
  shelf: Readonly<Record<string, BottleDefinition>>,
  origin: Origin,
): Readonly<Record<string, WholeBottle>> {
  return Object.fromEntries(
    names.map((name) => {
      if (shelf[name]?.extends === undefined) return [name, { ...shelf[name], origin }];
      const { definition, from } = mergeBottle(name, shelf);
      const inherited = Object.fromEntries(Object.entries(from).filter(([, owner]) => owner !== name));
      return [name, { ...definition, origin, inherited }];
    }),
  );
}
