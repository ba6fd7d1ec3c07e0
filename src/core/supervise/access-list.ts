import type { GateRepository } from "../model/git-gate.ts";
import type { EgressRule, Policy } from "../model/policy.ts";
import { isLive } from "../policy/grants.ts";

/** Rules and repositories that are listed; a bottle that has more has them in its manifest. */
const MOST = 256;

/**
 * What the bottle may do now, as an agent is told it: no value and no name of a secret, no path of the operator's, not where a host
 * is dialled. `now` in milliseconds since the epoch.
 */
export function accessList(policy: Policy, repositories: readonly GateRepository[], now: number): object {
  const own = policy.rules.filter(({ source }) => source !== "pack");
  const packs = new Set(policy.rules.flatMap(({ source, id }) => (source === "pack" ? [id.split(":")[1] ?? id] : [])));
  const grants = (policy.grants ?? []).filter((grant) => isLive(grant, now));
  return {
    hosts: own.slice(0, MOST).map(listedRule),
    ...(own.length > MOST ? { hosts_left_out: own.length - MOST } : {}),
    granted: grants.map(({ method, scheme, authority, path, expiresAt }) => ({
      url: `${scheme}://${authority}${path}`,
      methods: [method],
      until: expiresAt === null ? "the bottle ends" : new Date(expiresAt).toISOString(),
    })),
    rule_packs: [...packs].map((name) => ({ name, means: `what the public rule pack ${name} lists, for reading` })),
    denied: policy.deny.slice(0, MOST).map(({ host, port, methods, paths }) => ({
      host: port === null ? host : `${host}:${port}`,
      methods: methods ?? "any",
      paths: paths ?? "any",
    })),
    git_repositories: repositories.slice(0, MOST).map(({ url, branches, tags, protect, askMs }) => ({
      url,
      fetch: true,
      push_branches: branches,
      push_tags: tags,
      protected_paths: protect,
      protected_paths_ask: askMs !== null,
    })),
    otherwise:
      policy.ask?.unlisted === true
        ? "a request that nothing here lists is held until the operator answers"
        : "a request that nothing here lists is refused; request_access asks the operator for one",
  };
}

function listedRule({ host, port, scheme, mode, methods, paths, websocket, ask, body, terms }: EgressRule): object {
  return {
    url: `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    methods: mode === "splice" ? "any" : (methods ?? "any"),
    paths: mode === "splice" ? "any" : (paths ?? "any"),
    ...(terms !== undefined && terms.except.length > 0 ? { but_not_paths: terms.except } : {}),
    ...(websocket ? { websocket: true } : {}),
    ...(body === null ? {} : { body: body.shape }),
    ...(ask === true ? { asks_the_operator: true } : {}),
  };
}
