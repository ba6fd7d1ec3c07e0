import type { Authority } from "../../model/authority.ts";
import type { ReasonCode } from "../../model/decision.ts";
import type { RuleDefinition } from "../../model/definition.ts";
import type { EgressRule, Policy } from "../../model/policy.ts";
import type { RequestFacts } from "../../policy/decide.ts";
import { packForRequest, packForTunnel, UNLISTED } from "../../policy/pack-hints.ts";
import { packRules } from "../../policy/packs.ts";
import { pathPatternProblem } from "../../policy/paths.ts";
import { policyProblems } from "../../policy/validate.ts";
import { formatAuthority } from "../../wire/authority.ts";
import { packWord } from "../pack-words.ts";
import { planRules } from "../rules.ts";
import { type Judged, judge, judgeTunnel } from "./judged.ts";

/** What the operator could add; each was tried, and the request is allowed with it. */
export interface Remedy {
  /** Name of a read-only rule pack. */
  readonly pack: string | null;
  /** What `--allow` takes: any method and path of this host. */
  readonly allow: string | null;
  /** The narrowest rule for `egress.rules`. */
  readonly rule: RuleDefinition | null;
}

/** What would allow a request that no rule lists; null where no rule more helps. */
export function remedyFor(
  policy: Policy,
  reason: ReasonCode,
  asked: RequestFacts | { readonly tunnel: Authority },
  ownAddresses: readonly string[],
): Remedy | null {
  // A token endpoint is allowed by a rule that names its very path. So is a push, but the git gate is the way for it.
  if (!UNLISTED.includes(reason) && reason !== "token-minting") return null;
  const authority = "tunnel" in asked ? asked.tunnel : asked.authority;
  const helps = (rules: readonly EgressRule[]): boolean => {
    const more: Policy = { ...policy, rules: [...policy.rules, ...rules] };
    if (rules.length === 0 || policyProblems(more).length > 0) return false;
    const judged: Judged =
      "tunnel" in asked ? judgeTunnel(more, authority, ownAddresses) : judge(more, asked, ownAddresses);
    return judged.verdict === "allow";
  };
  const pack = "tunnel" in asked ? packForTunnel(reason, authority) : packForRequest(reason, asked);
  const https = "tunnel" in asked || asked.scheme === "https";
  const allow = https ? allowWord(authority) : null;
  const rule = "tunnel" in asked ? { host: authority.host, ...portOf(authority, "https") } : narrowest(asked);
  const found: Remedy = {
    pack: pack !== null && helps(packRules(pack)) ? pack : null,
    allow: allow !== null && helps(planned([], [allow])) ? allow : null,
    rule: helps(planned([rule], [])) ? rule : null,
  };
  return found.pack === null && found.allow === null && found.rule === null ? null : found;
}

/** As a start would read them, under names that no rule of a policy has. */
function planned(operator: readonly RuleDefinition[], allow: readonly string[]): readonly EgressRule[] {
  const { rules } = planRules({ extra: [], operator, agent: [], packs: [], allow, caPems: {}, home: "" });
  return rules.map((rule) => ({ ...rule, id: `remedy:${rule.id}` }));
}

function allowWord(authority: Authority): string {
  const plain = authority.port === 443 && packWord(authority.host) === null;
  return plain ? authority.host : formatAuthority(authority);
}

function narrowest({ scheme, authority, method, path }: RequestFacts): RuleDefinition {
  // A star would be a pattern; where the path cannot be written as one, any path is what is left.
  const exact = pathPatternProblem(path) === null && !path.includes("*");
  return {
    host: authority.host,
    ...portOf(authority, scheme),
    ...(scheme === "http" ? { scheme } : {}),
    methods: [method],
    ...(exact ? { paths: [path] } : {}),
  };
}

function portOf({ port }: Authority, scheme: "https" | "http"): { readonly port?: number } {
  return port === (scheme === "https" ? 443 : 80) ? {} : { port };
}
