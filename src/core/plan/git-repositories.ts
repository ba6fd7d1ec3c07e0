import { giteaApi, githubApi, ownerAndName } from "../gitgate/forge-api.ts";
import { PROTECTED_PATHS } from "../gitgate/protected-paths.ts";
import { fillPattern } from "../gitgate/ref-pattern.ts";
import { type RemoteUrl, readRemoteUrl, spellingsOf } from "../gitgate/remote-url.ts";
import type { GitRepositoryDefinition } from "../model/definition.ts";
import { accessSecret, type ForgeMint, type GateAccess, type GateRepository } from "../model/git-gate.ts";
import type { BottlePlan, SecretRef } from "../model/plan.ts";
import { ASK_TIMEOUT_MS } from "../policy/asking.ts";
import { gateUrl } from "../wire/git-request.ts";
import { sourceOf } from "./credentials.ts";
import { describeSource } from "./describe-source.ts";
import { expandHome } from "./home-path.ts";
import { formatSize, parseSize } from "./sizes.ts";

export interface PlannedRepositories {
  readonly repositories: readonly GateRepository[];
  readonly secrets: readonly SecretRef[];
  readonly problems: readonly string[];
}

const DEFAULT_PACK = 512 * 1024 ** 2;
const DEFAULT_REFS = 8;
const DEFAULT_SECONDS = 900;
/** What GitHub wants beside a token. */
const DEFAULT_USERNAME = "x-access-token";

/** What `git.repos` of a bottle comes to, for the bottle of this name; `home` is the operator's, `askMs` how long is asked. */
export function planRepositories(
  definitions: Readonly<Record<string, GitRepositoryDefinition>>,
  bottle: string,
  home: string,
  askMs = ASK_TIMEOUT_MS,
): PlannedRepositories {
  const repositories: GateRepository[] = [];
  const secrets: SecretRef[] = [];
  const problems: string[] = [];
  const owners = new Map<string, string>();
  for (const [name, definition] of Object.entries(definitions)) {
    const reading = readRemoteUrl(definition.url);
    if (!reading.ok) {
      problems.push(`git.repos.${name}: url: ${reading.why}`);
      continue;
    }
    const { remote } = reading;
    const key = `${remote.host}:${remote.path}`;
    const other = owners.get(key);
    if (other !== undefined) problems.push(`git.repos: ${other} and ${name} are one repository`);
    owners.set(key, name);
    const who = whoOf(name, definition, remote, home);
    secrets.push(...who.secrets);
    const { limits = {} } = definition;
    repositories.push({
      name,
      url: remote.url,
      access: who.access,
      ...(who.mint === null ? {} : { mint: who.mint }),
      caFile: definition.ca === undefined ? null : expandHome(definition.ca, home),
      branches: (definition.branches ?? []).map((pattern) => fillPattern(pattern, bottle)),
      tags: (definition.tags ?? []).map((pattern) => fillPattern(pattern, bottle)),
      protect: [...new Set([...PROTECTED_PATHS, ...(definition.protect ?? [])])],
      askMs: definition.ask === true ? askMs : null,
      ...(definition.secrets === "ask" ? { secretsAskMs: askMs } : {}),
      limits: {
        packBytes: limits.pack === undefined ? DEFAULT_PACK : (parseSize(limits.pack) ?? DEFAULT_PACK),
        refs: limits.refs ?? DEFAULT_REFS,
        seconds: limits.seconds ?? DEFAULT_SECONDS,
      },
      spellings: spellingsOf(remote),
    });
  }
  return { repositories, secrets, problems };
}

interface Who {
  readonly access: GateAccess;
  readonly mint: ForgeMint | null;
  readonly secrets: readonly SecretRef[];
}

function whoOf(name: string, definition: GitRepositoryDefinition, remote: RemoteUrl, home: string): Who {
  const { credential, ca, branches = [], tags = [] } = definition;
  // A blank keeps it apart from every name of `credentials`.
  const secret = `git ${name}`;
  const access = accessOf(secret, definition, remote);
  const { owner, repository } = ownerAndName(remote.path) ?? { owner: "", repository: "" };
  const place = { owner, repository, write: branches.length + tags.length > 0 };
  const file = (path: string | undefined) => (path === undefined ? null : expandHome(path, home));
  if (credential?.deployKey !== undefined) {
    const { token, api, ca: apiCa } = credential.deployKey;
    const own = { kind: "gitea-deploy-key", secret: `${secret} forge token`, caFile: file(apiCa) } as const;
    const mint = { ...own, ...place, api: giteaApi(remote, api) };
    return { access, mint, secrets: [{ credential: mint.secret, source: sourceOf(token, home) }] };
  }
  if (credential?.githubApp !== undefined) {
    const { app, installation, key, api } = credential.githubApp;
    const own = { kind: "github-app-token", secret: `${secret} app key`, caFile: file(ca) } as const;
    const mint = { ...own, ...place, app, installation, api: githubApi(remote, api) ?? "" };
    return { access, mint, secrets: [{ credential: mint.secret, source: sourceOf(key, home), form: "private-key" }] };
  }
  const source = definition.key === undefined ? credential?.source : { file: definition.key };
  const form = access.kind === "ssh" ? ({ form: "private-key" } as const) : {};
  const refs = source === undefined ? [] : [{ credential: secret, source: sourceOf(source, home), ...form }];
  return { access, mint: null, secrets: refs };
}

function accessOf(
  secret: string,
  { credential, hostKey = "" }: GitRepositoryDefinition,
  remote: RemoteUrl,
): GateAccess {
  if (remote.transport === "ssh") return { kind: "ssh", secret, hostKey };
  if (credential === undefined) return { kind: "anonymous" };
  return { kind: "basic", username: credential.username ?? DEFAULT_USERNAME, secret };
}

/** Text of the git configuration inside that leads every spelling of a repository's URL to the gate at `origin`. */
export function gateConfigText(repositories: readonly GateRepository[], origin: string): string {
  return repositories
    .flatMap(({ name, spellings }) => [
      `[url "${gateUrl(origin, name)}"]`,
      ...spellings.map((spelling) => `\tinsteadOf = "${spelling}"`),
    ])
    .map((line) => `${line}\n`)
    .join("");
}

/** The plan's part on the git gate. */
export function repositoryLines({ repositories = [], secrets }: BottlePlan): readonly string[] {
  return repositories.flatMap((repository) => {
    const { name, url, branches, tags, limits, askMs, secretsAskMs } = repository;
    const who = whoLine(repository, secrets);
    const what = [...branches, ...tags.map((tag) => `tag ${tag}`)];
    return [
      `${name}: ${url}, ${who}`,
      ...(askMs === null
        ? []
        : [`  asks you about pushes to what runs elsewhere: held for ${askMs / 1000} s, then refused`]),
      ...(secretsAskMs === undefined
        ? []
        : [`  asks you about pushes with what looks like a token: held for ${secretsAskMs / 1000} s, then refused`]),
      what.length === 0
        ? "  nothing may be pushed"
        : `  may push: ${what.join(", ")}; at most ${formatSize(limits.packBytes)} and ${limits.refs} refs at a time`,
    ];
  });
}

function whoLine({ access, mint }: GateRepository, secrets: readonly SecretRef[]): string {
  const from = (secret: string) => {
    const source = secrets.find(({ credential }) => credential === secret)?.source;
    return source === undefined ? "nothing" : describeSource(source);
  };
  if (mint !== undefined) {
    const may = mint.write ? "" : " for reading only";
    return mint.kind === "gitea-deploy-key"
      ? `with a deploy key${may} that ${mint.api} is given for this bottle, with ${from(mint.secret)}`
      : `with tokens${may} that ${mint.api} makes for this bottle and the app ${mint.app}, with ${from(mint.secret)}`;
  }
  const own = accessSecret(access);
  if (own === null) return "as nobody";
  return access.kind === "basic" ? `as ${access.username} with ${from(own)}` : `with the key in ${from(own)}`;
}
