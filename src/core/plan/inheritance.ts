import { type BottleDefinition, DEFAULT_BOTTLE } from "../model/definition.ts";
import { isFields } from "./fields.ts";

/** Bottle definitions as they stand in the files, by name. */
export type BottleShelf = Readonly<Record<string, BottleDefinition>>;

/** A bottle with everything that it builds on. */
export interface MergedBottle {
  /** Without `extends`. */
  readonly definition: BottleDefinition;
  /** Part to the name of the bottle that it came from: `limits.memory`, `env.PORT`, `egress.rules[0]`; every part is there. */
  readonly from: Readonly<Record<string, string>>;
  /** The bottle itself, then what it builds on, the strongest first. */
  readonly lineage: readonly string[];
}

/** Why a bottle cannot be merged, with the name in `extends` that it is about. */
export type LineageFault =
  | { readonly kind: "unknown"; readonly parent: string }
  /** The bottles of the circle, from this one back to it. */
  | { readonly kind: "circle"; readonly parent: string; readonly circle: readonly string[] }
  /** A parent, or one of its own, has one of the faults above or is among `broken`. */
  | { readonly kind: "broken"; readonly parent: string }
  /** More than `LONGEST_LINEAGE` bottles. */
  | { readonly kind: "long"; readonly parent: string };

/** How many others a bottle may build on: far more than anybody follows, and few enough to look at all. */
export const LONGEST_LINEAGE = 32;

/** Entries of these maps are one thing: half a credential of one bottle and half of another would be a new credential. */
const WHOLE_ENTRIES: readonly string[] = ["env", "credentials", "git.repos", "prices"];

/** The names in `extends`, each once. */
function parentsOf(bottle: BottleDefinition): readonly string[] {
  const { extends: given = [] } = bottle;
  return [...new Set(typeof given === "string" ? [given] : given)];
}

/** What is wrong with what `name` builds on; empty: `mergeBottle` may be asked. */
export function lineageFaults(name: string, shelf: BottleShelf, broken: readonly string[]): readonly LineageFault[] {
  const [first = ""] = parentsOf(own(shelf, name));
  if (ancestorsOf(name, shelf).size > LONGEST_LINEAGE) return [{ kind: "long", parent: first }];
  return parentsOf(own(shelf, name)).flatMap((parent): readonly LineageFault[] => {
    if (!Object.hasOwn(shelf, parent)) {
      if (broken.includes(parent)) return [{ kind: "broken", parent }];
      return parent === DEFAULT_BOTTLE ? [] : [{ kind: "unknown", parent }];
    }
    const circle = wayTo(name, parent, shelf);
    if (circle !== null) return [{ kind: "circle", parent, circle: [name, ...circle] }];
    return isSound(parent, shelf, broken) ? [] : [{ kind: "broken", parent }];
  });
}

/**
 * `name` with everything that it builds on, where `lineageFaults` finds nothing. The child wins: a value replaces, maps
 * merge by key, lists are joined with the child's first. A bottle that is reached twice counts once, behind all that build on it.
 */
export function mergeBottle(name: string, shelf: BottleShelf): MergedBottle {
  const lineage = lineageOf(name, shelf);
  const from: Record<string, string> = {};
  let merged: Fields = {};
  for (const ancestor of lineage) {
    const { extends: _, ...parts } = own(shelf, ancestor);
    merged = joined(merged, parts, [], (part) => {
      from[part] = ancestor;
    });
  }
  return { definition: merged as BottleDefinition, from, lineage };
}

type Fields = Readonly<Record<string, unknown>>;

/** `strong` with what only `weak` has; `tell` gets each part that is taken from `weak`. */
function joined(strong: Fields, weak: Fields, path: readonly string[], tell: (part: string) => void): Fields {
  const result: Record<string, unknown> = { ...strong };
  for (const [key, value] of Object.entries(weak)) {
    const place = [...path, key];
    const before = Object.hasOwn(strong, key) ? strong[key] : undefined;
    const whole = WHOLE_ENTRIES.includes(path.join("."));
    if (value === undefined || (before !== undefined && (whole || !isOpen(before) || !isOpen(value)))) continue;
    if (Array.isArray(value)) {
      if (before !== undefined && !Array.isArray(before)) continue;
      const list: unknown[] = Array.isArray(before) ? [...before] : [];
      for (const item of value) {
        // A word that is there already (the name of a pack, say) says nothing twice.
        if (typeof item !== "object" && list.includes(item)) continue;
        tell(`${place.join(".")}[${list.length}]`);
        list.push(item);
      }
      result[key] = list;
    } else if (isFields(value) && !whole) {
      if (before !== undefined && !isFields(before)) continue;
      result[key] = joined(isFields(before) ? before : {}, value, place, tell);
    } else {
      tell(place.join("."));
      result[key] = value;
    }
  }
  return result;
}

/** Something that can take in more: a list or a map. */
function isOpen(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** `name`, then all that it builds on, each once and behind everything that builds on it. */
function lineageOf(name: string, shelf: BottleShelf): readonly string[] {
  const order: string[] = [];
  const visit = (bottle: string): void => {
    if (order.includes(bottle)) return;
    for (const parent of [...parentsOf(own(shelf, bottle))].reverse()) visit(parent);
    order.unshift(bottle);
  };
  visit(name);
  return order;
}

/** All that `name` builds on, itself only in a circle; at most one more than `LONGEST_LINEAGE`. */
function ancestorsOf(name: string, shelf: BottleShelf): ReadonlySet<string> {
  const found = new Set(parentsOf(own(shelf, name)));
  for (const bottle of found) {
    if (found.size > LONGEST_LINEAGE) break;
    for (const parent of parentsOf(own(shelf, bottle))) found.add(parent);
  }
  return found;
}

/** The names from `start` to `goal` by way of `extends`; null: it does not lead there. */
function wayTo(goal: string, start: string, shelf: BottleShelf): readonly string[] | null {
  const ways = new Map<string, readonly string[]>([[start, [start]]]);
  for (const [name, way] of ways) {
    if (name === goal) return way;
    for (const parent of parentsOf(own(shelf, name))) {
      if (!ways.has(parent)) ways.set(parent, [...way, parent]);
    }
  }
  return null;
}

/** False when something is wrong with `name` itself or above it. */
function isSound(name: string, shelf: BottleShelf, broken: readonly string[]): boolean {
  return [name, ...ancestorsOf(name, shelf)].every((bottle) => {
    if (broken.includes(bottle)) return false;
    if (!Object.hasOwn(shelf, bottle)) return bottle === DEFAULT_BOTTLE;
    return !ancestorsOf(bottle, shelf).has(bottle);
  });
}

/** Never what an object inherits: `constructor` is a valid name. */
function own(shelf: BottleShelf, name: string): BottleDefinition {
  return (Object.hasOwn(shelf, name) ? shelf[name] : undefined) ?? {};
}
