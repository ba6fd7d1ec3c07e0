import { queryOverrides } from "./method-overrides.ts";
import { laxPath } from "./path-readings.ts";

/** A request that is looked at for what it would change at a forge. */
interface AskedFor {
  readonly authority: { readonly host: string };
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
}

export interface ForgeWrite {
  /** For the operator. */
  readonly what: string;
  /** What a rule must say to mean it; none: the very path. */
  readonly words: readonly string[];
}

/** Part of a forge's API where a push can be had by other means, a secret be published, or code be run. */
interface Api {
  readonly forge: string;
  /** What its paths begin with; at `host` only, where it is given. */
  readonly root: readonly string[];
  readonly host?: string;
  /** What stands before a repository's own resources, and how many segments name one; null: one or more. */
  readonly repositories: readonly string[];
  readonly depth: number | null;
  /** Resources of a repository, each with all below it. A `*` is one segment. */
  readonly marks: readonly string[];
  /** Others, from the root on. */
  readonly others: readonly string[];
}

/** docs.github.com, "REST API endpoints": what moves refs, runs workflows, lets others in, or publishes. */
const GITHUB = {
  forge: "GitHub",
  repositories: ["repos"],
  depth: 2,
  marks: [
    ...["contents", "git", "merges", "merge-upstream", "branches", "pulls/*/merge", "pulls/*/update-branch"],
    ...[
      "releases",
      "keys",
      "hooks",
      "dispatches",
      "actions",
      "environments",
      "deployments",
      "dependabot",
      "codespaces",
    ],
    ...["pages", "forks", "generate", "transfer", "collaborators", "invitations", "rulesets", "import", "autolinks"],
    ...["subscription", "topics", "vulnerability-alerts", "properties", "attestations", "code-scanning/sarifs"],
  ],
  others: [
    ...["gists", "graphql", "user/keys", "user/gpg_keys", "user/ssh_signing_keys", "user/repos", "user/codespaces"],
    ...["user/emails", "orgs/*/repos", "orgs/*/hooks", "orgs/*/actions", "orgs/*/codespaces", "orgs/*/dependabot"],
    ...["orgs/*/migrations", "orgs/*/rulesets", "user/migrations"],
  ],
} as const;

/** By root of the API. Roots of forges that anybody can run count on every host. */
const APIS: readonly Api[] = [
  { ...GITHUB, root: [], host: "api.github.com" },
  { ...GITHUB, root: [], host: "uploads.github.com" },
  { ...GITHUB, root: ["api", "v3"] },
  { ...GITHUB, root: ["api", "uploads"] },
  // docs.gitlab.com/api: a project is an id or an encoded path.
  {
    forge: "GitLab",
    root: ["api", "v4"],
    repositories: ["projects"],
    depth: null,
    marks: [
      ...["repository/files", "repository/commits", "repository/branches", "repository/tags", "repository/changelog"],
      ...["repository/submodules", "repository/merged_branches", "merge_requests/*/merge", "merge_requests/*/rebase"],
      ...["releases", "snippets", "deploy_keys", "deploy_tokens", "hooks", "pipeline", "pipelines", "trigger/pipeline"],
      ...["triggers", "jobs", "variables", "access_tokens", "packages", "uploads", "wikis", "runners", "environments"],
      ...["pipeline_schedules", "protected_branches", "protected_tags", "remote_mirrors", "export", "fork", "pages"],
      ...["deployments", "members", "terraform", "secure_files", "integrations", "services", "registry", "transfer"],
      ...["mirror", "share", "push_rule", "job_token_scope", "invitations", "cluster_agents"],
    ],
    others: [
      ...["projects/import", "projects/user", "projects/remote-import", "snippets", "user/keys", "user/gpg_keys"],
      ...[
        "user/personal_access_tokens",
        "user/emails",
        "groups/*/hooks",
        "groups/*/variables",
        "groups/*/access_tokens",
      ],
      ...["groups/*/deploy_tokens", "groups/*/wikis", "bulk_imports", "runners", "import"],
    ],
  },
  { forge: "GitLab", root: ["api"], repositories: [], depth: 0, marks: [], others: ["graphql"] },
  // docs.gitea.com/api, "repository", "user", "organization", "package"; Forgejo has the same.
  {
    forge: "Gitea",
    root: ["api", "v1"],
    repositories: ["repos"],
    depth: 2,
    marks: [
      ...["contents", "diffpatch", "branches", "tags", "git", "releases", "keys", "hooks", "actions", "pulls/*/merge"],
      ...["pulls/*/update", "merge-upstream", "mirror-sync", "push_mirrors", "push_mirrors-sync", "wiki", "forks"],
      ...["transfer", "generate", "collaborators", "branch_protections", "tag_protections", "teams", "avatar"],
    ],
    others: [
      ...["repos/migrate", "user/keys", "user/gpg_keys", "user/repos", "user/hooks", "user/actions", "orgs/*/repos"],
      ...["orgs/*/hooks", "orgs/*/actions", "user/applications", "admin"],
    ],
  },
  { forge: "Gitea", root: ["api", "packages"], repositories: [], depth: 0, marks: [], others: [""] },
  // developer.atlassian.com, "Bitbucket Cloud REST API".
  {
    forge: "Bitbucket",
    root: ["2.0"],
    repositories: ["repositories"],
    depth: 2,
    marks: [
      ...["src", "refs", "downloads", "deploy-keys", "hooks", "pipelines", "pipelines_config", "pullrequests/*/merge"],
      ...[
        "forks",
        "branch-restrictions",
        "branching-model",
        "environments",
        "deployments_config",
        "permissions-config",
      ],
      ...["deployments", "commit/*/reports"],
    ],
    others: [
      ...["snippets", "users/*/ssh-keys", "users/*/gpg-keys", "workspaces/*/hooks", "workspaces/*/pipelines-config"],
      ...["workspaces/*/projects", "teams/*/pipelines_config"],
    ],
  },
  // "Bitbucket Data Center REST API": project and repository have a word each before them.
  {
    forge: "Bitbucket",
    root: ["rest", "api", "*"],
    repositories: ["projects"],
    depth: 3,
    marks: ["browse", "branches", "tags", "settings", "webhooks", "permissions", "pull-requests/*/merge"],
    others: [],
  },
  ...["keys", "ssh", "access-tokens", "branch-utils", "git", "gpg", "default-branch"].map((part) => {
    return { forge: "Bitbucket", root: ["rest", part], repositories: [], depth: 0, marks: [], others: [""] };
  }),
];

const READS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * What this would change at a forge past the git gate: files and refs, what runs there, who has access, what is public.
 * Null: nothing that is known. GraphQL counts whole, since what it asks for stands in the body. Paths are read as a lax
 * server would. Attack row 115.
 */
export function forgeWrite({ authority, method, path, query }: AskedFor): ForgeWrite | null {
  if (READS.has(method) && queryOverrides(query).length === 0) return null;
  const segments = laxPath(path)
    .join("/")
    .split(/[/\\]/)
    .map((segment) => segment.replace(/;.*$/s, ""))
    .filter((segment) => segment !== "" && segment !== ".");
  for (const api of APIS) {
    if (api.host !== undefined && api.host !== authority.host) continue;
    if (!begins(segments, api.root)) continue;
    const write = writeBelow(api, segments.slice(api.root.length));
    if (write !== null) return write;
  }
  return null;
}

function writeBelow(
  { forge, repositories, depth, marks, others }: Api,
  segments: readonly string[],
): ForgeWrite | null {
  const found = (words: readonly string[]) => {
    const shown = words.join("/").slice(0, 100);
    return { what: `a write of ${forge}'s API${shown === "" ? "" : ` (${shown})`}`, words };
  };
  const other = others.find((it) => begins(segments, wordsOf(it)));
  if (other !== undefined) return found(wordsOf(other));
  if (repositories.length === 0 || !begins(segments, repositories)) return null;
  const rest = segments.slice(repositories.length);
  const places = depth === null ? rest.map((_, at) => at + 1) : [depth];
  for (const place of places) {
    const mark = marks.find((it) => begins(rest.slice(place), wordsOf(it)));
    if (mark !== undefined) return found(wordsOf(mark));
  }
  // The repository itself: its name, who sees it, whether it is there; and new ones.
  const itself = depth === null ? rest.length <= 1 || isNumberless(rest) : rest.length <= depth;
  return itself ? { what: `a write of ${forge}'s API (a repository itself)`, words: [] } : null;
}

/** A project's encoded path with nothing behind it. */
function isNumberless(rest: readonly string[]): boolean {
  return rest.length === 2 && !/^\d+$/.test(rest[0] ?? "");
}

function wordsOf(text: string): readonly string[] {
  return text === "" ? [] : text.split("/");
}

function begins(segments: readonly string[], words: readonly string[]): boolean {
  return words.length <= segments.length && words.every((word, at) => word === "*" || word === segments[at]);
}

/** True when a rule of this place spells the resource out, and the method: then it is meant. */
export function spellsOut(
  rule: { readonly methods: readonly string[] | null; readonly paths: readonly string[] | null },
  method: string,
  { words }: ForgeWrite,
): boolean {
  if (words.length === 0 || rule.methods?.includes(method) !== true) return false;
  return (rule.paths ?? []).some((path) => {
    const segments = path.split("/").map((segment) => segment.toLowerCase());
    return segments.some((_, at) => begins(segments.slice(at), words) && segments[at] === words[0]);
  });
}
