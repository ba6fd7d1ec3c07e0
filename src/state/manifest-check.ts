import type { DashboardDefinition } from "../core/model/dashboard-keys.ts";

import type { AgentDefinition, BottleDefinition, Origin } from "../core/model/definition.ts";

import type { Problem } from "../core/model/finding.ts";
import { agentSchema, bottleSchema, dashboardSchema, notifySchema } from "../core/model/manifest.ts";
import type { NotifyDefinition } from "../core/model/notice.ts";
import { fieldsOf } from "../core/plan/fields.ts";
import { forbiddenKeys, forbiddenValues } from "../core/plan/project-file.ts";
import { schemaProblems } from "./manifest-names.ts";
import { type BottleParts, soundParts } from "./manifest-parts.ts";
import { type Path, parseManifestText } from "./manifest-text.ts";

/** What one file gives: its definitions so far as they are sound, and what is wrong. */
export interface CheckedFile {
  /** All that was read, sound or not; undefined when the text is no JSON. */
  readonly value: unknown;
  readonly bottles: Readonly<Record<string, BottleDefinition>>;
  readonly agents: Readonly<Record<string, AgentDefinition>>;
  /** What is sound in each bottle of the operator, those with problems too. */
  readonly parts: Readonly<Record<string, BottleParts>>;
  /** What is told to the operator; null: nothing is said about it, or not soundly. */
  readonly notify: NotifyDefinition | null;
  readonly dashboard: DashboardDefinition | null;
  /** Problems with the path they belong to; `[]` for the file as a whole. */
  readonly faults: readonly PlacedFault[];
  /** A problem at a place of this file. */
  readonly fault: (path: Path, message: string, hint?: string, at?: "key" | "value") => PlacedFault;
}

export interface PlacedFault {
  readonly path: Path;
  readonly problem: Problem;
}

/**
 * Checks the text of a manifest file against the schema. Every problem is found at once, and a definition with one is
 * left out, so that it never hides the others. A project's file is held to what it may say, untrusted or trusted: any
 * other key, known today or not, is a problem (attack row 141). `trustHint` says how it could become trusted.
 */
export function checkManifest(text: string, origin: Origin, trustHint = "bottle trust shows it"): CheckedFile {
  const parsed = parseManifestText(origin.file, text);
  const fault: CheckedFile["fault"] = (path, message, hint, at = "value") => ({
    path,
    problem: parsed.problem(path, message, hint === undefined ? { at } : { at, hint }),
  });
  if (parsed.value === undefined) {
    return {
      value: undefined,
      bottles: {},
      agents: {},
      parts: {},
      notify: null,
      dashboard: null,
      faults: parsed.faults,
      fault,
    };
  }

  const issues = schemaProblems(parsed.value);
  // A key that nobody may say is a slip of the hand more often than an attack: what was meant helps more.
  const unknown = new Set(issues.filter(({ at }) => at === "key").map(({ path }) => JSON.stringify(path)));
  const forbidden = (
    origin.by === "project" ? projectFaults(parsed.value, origin.trusted === true, trustHint, fault) : []
  ).filter(({ path }) => !unknown.has(JSON.stringify(path)));
  // Sets, since a hostile file has room for as many problems as keys.
  const refused = new Set(forbidden.map(({ path }) => JSON.stringify(path)));
  const worded = issues
    .filter(({ path }) => !prefixes(path).some((above) => refused.has(JSON.stringify(above))))
    .map((issue) => fault(issue.path, issue.message, issue.hint, issue.at));
  const faults = [...parsed.faults, ...forbidden, ...worded];
  const faulty = (place: Path) => faults.some(({ path }) => isAtOrBelow(path, place));
  const mayHoldBottles = origin.by === "operator" || origin.trusted === true;
  const bottles = mayHoldBottles ? Object.entries(fieldsOf(fieldsOf(parsed.value).bottles)) : [];
  const spoilt = new Set(faults.map(({ path }) => JSON.stringify(path.slice(0, 2))));
  const sound = (section: "bottles" | "agents") =>
    Object.entries(fieldsOf(fieldsOf(parsed.value)[section])).filter(
      ([name]) => !prefixes([section, name]).some((place) => spoilt.has(JSON.stringify(place))),
    );
  return {
    value: parsed.value,
    parts: Object.fromEntries(
      bottles.map(([name, value]) => [name, soundParts(value, (path) => faulty(["bottles", name, ...path]))]),
    ),
    bottles: Object.fromEntries(sound("bottles").map(([name, value]) => [name, bottleSchema.parse(value)])),
    agents: Object.fromEntries(sound("agents").map(([name, value]) => [name, agentSchema.parse(value)])),
    notify: faulty(["notify"]) ? null : (notifySchema.safeParse(fieldsOf(parsed.value).notify).data ?? null),
    dashboard: faulty(["dashboard"])
      ? null
      : (dashboardSchema.safeParse(fieldsOf(parsed.value).dashboard).data ?? null),
    faults,
    fault,
  };
}

const OWN_FILE = "move it to your own file in the configuration folder";

function projectFaults(
  value: unknown,
  trusted: boolean,
  trustHint: string,
  fault: CheckedFile["fault"],
): readonly PlacedFault[] {
  const keys = forbiddenKeys(value, trusted).map(({ path, speaker }) =>
    speaker === "trusted"
      ? fault(path, "only a trusted project's file may say this", `${trustHint}, or ${OWN_FILE}`, "key")
      : fault(path, "a project's file may not say this", OWN_FILE, "key"),
  );
  const values = trusted ? forbiddenValues(value) : [];
  return [
    ...keys,
    ...values.map((path) => fault(path, "a project's file may not ask for bind", "type --workspace bind")),
  ];
}

/** The path itself and all above it, down to `[]`. */
function prefixes(path: Path): readonly Path[] {
  return [...path.map((_, length) => path.slice(0, length)), path];
}

/** True when `path` is `above` or lies below it. */
function isAtOrBelow(path: Path, above: Path): boolean {
  return above.every((part, index) => path[index] === part);
}
