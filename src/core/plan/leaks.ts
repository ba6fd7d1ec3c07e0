import type { LeaksDefinition } from "../model/definition.ts";
import type { BottlePlan, ProvisionFile, SecretRef } from "../model/plan.ts";
import { DEFAULT_LEAKS } from "../policy/leaks.ts";
import { planCanary } from "./canary.ts";
import { describeSource } from "./describe-source.ts";
import { expandHome } from "./home-path.ts";

/** The part of a plan that says what must not leave, and the files that belong to it. */
export interface PlannedLeaks extends Required<Pick<BottlePlan, "leaks" | "canaries" | "watched">> {
  readonly files: readonly ProvisionFile[];
}

/** What a bottle's `egress.leaks` comes to; `home` is the operator's. */
export function planLeaks(definition: LeaksDefinition, entropy: Uint8Array, home: string): PlannedLeaks {
  const { action, opaque, allow, ignore } = DEFAULT_LEAKS;
  const baits = definition.canary === false ? [] : [planCanary(entropy)];
  const watched = (definition.secrets ?? []).map(({ env, file }): SecretRef => {
    if (env !== undefined) return { credential: env, source: { kind: "env", variable: env } };
    return { credential: file ?? "", source: { kind: "file", path: expandHome(file ?? "", home) } };
  });
  return {
    leaks: {
      action: definition.action ?? action,
      opaque: definition.opaque ?? opaque,
      allow: definition.allow ?? allow,
      ignore: definition.ignore ?? ignore,
      ...(definition.level === undefined ? {} : { level: definition.level }),
    },
    canaries: baits.map(({ canary }) => canary),
    watched,
    files: baits.map(({ file }) => file),
  };
}

/** The plan's part on leaks, one line each. */
export function leakLines(plan: BottlePlan): readonly string[] {
  const { leaks, canaries = [], watched = [], files } = plan;
  if (leaks === undefined) return [];
  const { action, opaque, allow, ignore, level } = leaks;
  const secret = [...plan.envFromHost, ...plan.envAsked].filter((variable) => variable.secret === true);
  const baits = files.filter((file) => "text" in file && canaries.some(({ values }) => holds(file.text, values)));
  return [
    `what looks like a secret: ${action}`,
    ...(level === "strict"
      ? ["irregular values called a secret, token, password or key count as one (level strict)"]
      : []),
    ...(opaque === "deny" ? ["archives, images and other binary data do not leave"] : []),
    ...watched.map(({ source }) => `never leaves: ${describeSource(source)}`),
    ...secret.map(({ name }) => `never leaves: the value of ${name}`),
    ...canaries.map(({ name }) => `canary ${name} in ${baits.map(({ path }) => path).join(", ")}`),
    ...(allow.length === 0 ? [] : [`may leave, by fingerprint: ${allow.join(" ")}`]),
    ...(ignore.length === 0 ? [] : [`not looked for: ${ignore.join(" ")}`]),
  ];
}

function holds(text: string, values: readonly string[]): boolean {
  return values.some((value) => text.includes(value));
}
