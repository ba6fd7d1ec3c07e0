import type { BottleDefinition } from "../model/definition.ts";
import { policyProblems } from "../policy/validate.ts";
import { planCredentials } from "./credentials.ts";
import { envProblem } from "./environment.ts";
import { limitProblems } from "./limits.ts";
import { planRules } from "./rules.ts";

/** Something that is wrong in a definition, with the keys that lead there from the definition. */
export interface DefinitionProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * What planning would refuse in this bottle whatever agent runs in it, so that a manifest's reader tells it together
 * with what the schema found.
 */
export function bottleProblems(bottle: BottleDefinition): readonly DefinitionProblem[] {
  const env = bottle.env ?? {};
  const operator = bottle.egress?.rules ?? [];
  const { rules, problems } = planRules({ extra: [], operator, agent: [], packs: [], allow: [], caPems: {}, home: "" });
  const credentials = planCredentials({
    definitions: bottle.credentials ?? {},
    rules: operator,
    candidates: [],
    candidate: null,
    home: "",
    entropy: new Uint8Array(32),
  });
  return [
    ...Object.entries(env).flatMap(([name, definition]) => {
      const taken = Object.hasOwn(credentials.env, name) ? "this variable holds the placeholder of a credential" : null;
      const message = envProblem(name, definition) ?? taken;
      return message === null ? [] : [{ path: ["env", name], message }];
    }),
    ...limitProblems(bottle.limits ?? {}).map(({ key, message }) => ({ path: ["limits", key], message })),
    ...problems.map((message) => ({ path: ["egress", "rules"], message })),
    ...credentials.problems.map((message) => ({ path: ["credentials"], message })),
    ...policyProblems({ version: 1, rules, deny: [], credentials: credentials.bindings }).flatMap(
      ({ path, message }) => {
        const [, list, index, key = ""] = /^(rules|credentials)\[(\d+)\]\.?(\w*)/.exec(path) ?? [];
        if (list === undefined) return [{ path: [], message }];
        const at = Number(index);
        const place =
          list === "rules" ? ["egress", "rules", at] : ["credentials", credentials.bindings[at]?.name ?? ""];
        return [{ path: key === "" ? place : [...place, key], message }];
      },
    ),
  ];
}
