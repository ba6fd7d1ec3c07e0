import { compileNeedles, type Needle } from "../core/leaks/needles.ts";
import { createRedactor } from "../core/leaks/redactor.ts";
import type { AuditSink } from "../core/model/audit.ts";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import type { Secret } from "../core/model/secret.ts";
import { gateConfigText } from "../core/plan/git-repositories.ts";
import { DEFAULT_LEAKS } from "../core/policy/leaks.ts";
import { createGitGate, type GitGate } from "../gitgate/gate.ts";
import type { PushDesk } from "../gitgate/held-pushes.ts";
import type { PushSearch } from "../gitgate/push.ts";
import { sshProgram } from "../gitgate/ssh-key.ts";
import type { HeldSecrets } from "./held-secrets.ts";

export interface GitGateParts {
  readonly plan: BottlePlan;
  /** Folder for its mirrors. */
  readonly folder: string;
  /** Folder of what all gates of this operator share. */
  readonly seeds: string;
  readonly tools: Readonly<Record<string, string>>;
  readonly secrets: HeldSecrets;
  /** What must not leave besides credentials. */
  readonly known: readonly Secret[];
  readonly audit: AuditSink;
  readonly onAlert: (text: string) => void;
}

/** The git gate of one bottle, with what the others need to know of it. */
export interface BottleGate extends GitGate {
  /** Values of its own passwords and tokens: no request may carry one out either. */
  readonly values: readonly Secret[];
  /** What the agent's git reads to find it, where the gateway is at `origin`. */
  guestConfig(origin: string): { readonly gitConfig: string };
  /** From then on pushes that need a yes are shown there. */
  askAt(desk: PushDesk | null): void;
}

/** The git gate of a bottle whose plan has repositories. Errors: HOST_UNFIT where one needs an ssh that is not there. */
export function openGitGate(parts: GitGateParts): BottleGate {
  const { plan, folder, seeds, tools, secrets, audit, onAlert } = parts;
  const repositories = plan.repositories ?? [];
  // Said at the start, and not to an agent that can do nothing about it.
  if (repositories.some(({ access }) => access.kind === "ssh")) sshProgram(tools);
  const search = () => pushSearch(parts);
  const secret = (name: string) => secrets.read(name);
  // A private key has a form that is known anyway, and a sidecar that searches requests need not hold it.
  const names = repositories.flatMap(({ access, mint }) => [
    ...(access.kind === "basic" ? [access.secret] : []),
    ...(mint?.kind === "gitea-deploy-key" ? [mint.secret] : []),
  ]);
  let present: PushDesk | null = null;
  const desk: PushDesk = {
    show: async (proposal) => {
      if (present === null) throw new BottleError("INVARIANT", "nobody can be asked");
      return present.show(proposal);
    },
    withdraw: (id) => present?.withdraw(id),
  };
  return {
    askAt: (next) => {
      present = next;
    },
    ...createGitGate({
      repositories,
      folder,
      seeds,
      tools,
      secret,
      search,
      audit,
      onAlert,
      desk,
      supervised: plan.supervise === true,
    }),
    values: secrets.known().filter(({ name }) => names.includes(name)),
    guestConfig: (origin) => ({ gitConfig: gateConfigText(repositories, origin) }),
  };
}

/** As the gateway searches what leaves, but whatever looks like a token is blocked unless the operator lets it leave. */
function pushSearch({ plan, secrets, known }: GitGateParts): PushSearch {
  const { leaks = DEFAULT_LEAKS, canaries = [] } = plan;
  const level = leaks.level ?? "default";
  const values: readonly Needle[] = [...secrets.known(), ...known].map((value) => ({ name: value.name, value }));
  const baits: readonly Needle[] = canaries.flatMap(({ name, values: texts }) =>
    texts.map((value) => ({ name, value })),
  );
  return {
    search: { known: needles(values), canaries: needles(baits), patterns: true, level },
    allowed: ({ kind, name, fingerprint }) =>
      kind === "pattern" &&
      (leaks.ignore.includes(name) || (fingerprint !== null && leaks.allow.includes(fingerprint))),
    redactor: createRedactor(needles([...values, ...baits]), level),
  };
}

function needles(list: readonly Needle[]) {
  if (list.length === 0) return null;
  const reading = compileNeedles(list);
  if (reading.ok) return reading.set;
  // A value that cannot be searched for must not pass unseen.
  throw new BottleError("SECRET_UNRESOLVED", `the value of ${reading.tooShort.join(", ")} is shorter than 8 bytes`);
}
