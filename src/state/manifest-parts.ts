import type { BottleDefinition } from "../core/model/definition.ts";
import { bottleSchema } from "../core/model/manifest.ts";
import { fieldsOf } from "../core/plan/fields.ts";
import type { Path } from "./manifest-text.ts";

/** What is sound in a definition of a bottle, whatever else is wrong in it. */
export interface BottleParts {
  readonly definition: BottleDefinition;
  /** Place in the file of each rule of `definition`. */
  readonly ruleIndexes: readonly number[];
}

/** Keys that are one word or a short list, sound or not as a whole. */
const WORDS = ["extends", "workspace"] as const;

/** The entries of `value`, a bottle of a file, in which `faulty` finds no fault; it takes paths from the bottle. */
export function soundParts(value: unknown, faulty: (path: Path) => boolean): BottleParts {
  const bottle = fieldsOf(value);
  const rules = rulesOf(value)
    .map((rule, index) => ({ rule, index }))
    .filter(({ index }) => !faulty(["egress", "rules", index]));
  const sound = (key: string) =>
    Object.fromEntries(Object.entries(fieldsOf(bottle[key])).filter(([name]) => !faulty([key, name])));
  const parsed = bottleSchema.safeParse({
    ...Object.fromEntries(WORDS.filter((key) => !faulty([key])).map((key) => [key, bottle[key]])),
    egress: { rules: rules.map(({ rule }) => rule) },
    credentials: sound("credentials"),
    env: sound("env"),
    limits: sound("limits"),
  });
  return parsed.success
    ? { definition: parsed.data, ruleIndexes: rules.map(({ index }) => index) }
    : { definition: {}, ruleIndexes: [] };
}

/** The rules as they stand in the file; none where there is no list. */
export function rulesOf(bottle: unknown): readonly unknown[] {
  const { rules } = fieldsOf(fieldsOf(bottle).egress);
  return Array.isArray(rules) ? rules : [];
}
