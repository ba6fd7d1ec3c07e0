import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import type { Secret } from "../core/model/secret.ts";
import { searchFor } from "./secret-search.ts";

/** A text that a start writes down or brings in, and where it stands, in words for the operator. */
interface PlacedText {
  readonly where: string;
  readonly text: string;
}

/**
 * Refuses a plan that holds the value of a credential, in any encoded form: a prompt, an argument or a label that an
 * operator typed it into would carry it into the bottle, its process list and the state folder. `variables` are the
 * bottle's own. To be asked before anything is created. Errors: SECRET_EXPOSED, which names the places and never the value.
 */
export function refuseExposedPlan(
  plan: BottlePlan,
  variables: Readonly<Record<string, string>>,
  secrets: readonly Secret[],
): void {
  if (secrets.length === 0) return;
  const found = (texts: readonly string[]) => searchFor(secrets).push(Buffer.from(texts.join("\0")));
  const texts = [
    ...textsOf(plan),
    ...Object.entries(variables).map(([name, text]) => ({ where: `env ${name}`, text })),
  ];
  // One search for all: only where it finds something is each place asked by itself.
  const names = found(texts.map(({ text }) => text));
  if (names.length === 0) return;
  const holding = texts.filter(({ text }) => found([text]).length > 0).map(({ where }) => where);
  // A name that holds the value itself is told by its kind alone.
  const places = new Set(holding.filter((where) => found([where]).length === 0));
  throw new BottleError(
    "SECRET_EXPOSED",
    `the value of the credential ${names.join(", ")} stands in ${[...places].join(", ")}, and would enter the bottle`,
    { hint: "take it out: the gateway writes the credential into requests, and the bottle holds a placeholder for it" },
  );
}

function textsOf(plan: BottlePlan): readonly PlacedText[] {
  const { agent, labels, files, env, name, workspace, ...rest } = plan;
  const { command, prompt, ...program } = agent;
  return [
    ...below("the name of the bottle", name),
    ...below("the prompt, the instructions or the arguments of the agent", { command, prompt }),
    ...below("the agent's program", program),
    ...Object.entries(labels).flatMap(([key, value]) => [
      { where: "the key of a label", text: key },
      { where: `the label ${key}`, text: value },
    ]),
    ...files.flatMap((file) => below(`the file ${file.path}`, file)),
    ...Object.entries(env).flatMap(([variable, value]) => below(`env ${variable}`, value)),
    ...below("the path of the workspace", workspace),
    ...Object.entries(rest).flatMap(([key, value]) => below(`${key} of the plan`, value)),
  ];
}

/** Every key and text in `value`. */
function below(where: string, value: unknown): readonly PlacedText[] {
  if (typeof value === "string") return [{ where, text: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [{ where, text: key }, ...below(where, inner)]);
}
