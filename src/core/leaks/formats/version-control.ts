import { crc32Base62 } from "../crc32.ts";
import type { TokenFormat } from "../token-format.ts";
import { digits } from "./invented.ts";
import { ALNUM, familyOf, HEX, LOWNUM, run, type ShapeOptions, WORD } from "./shape.ts";

const row = familyOf("version-control");
const GITHUB = "github.blog, 2021-04-05: Behind GitHub's new authentication token formats";
const GITLAB = "docs.gitlab.com: GitLab token overview, token prefixes";
const ATLASSIAN = "support.atlassian.com: Manage API tokens; Bitbucket access tokens";

/** Samples with the right checksum, and near misses with a wrong one. */
function checksummed(prefix: string): ShapeOptions {
  const body = () => digits(ALNUM, 30, prefix);
  return {
    check: "github-crc32",
    samples: () => [prefix + body() + crc32Base62(body())],
    nearMisses: () => [prefix + body() + crc32Base62(`${body()}x`)],
  };
}

export const VERSION_CONTROL: readonly TokenFormat[] = [
  row("github-personal-token", "GitHub personal access token", ["ghp_", run(36, ALNUM)], GITHUB, checksummed("ghp_")),
  row("github-oauth-token", "GitHub OAuth access token", ["gho_", run(36, ALNUM)], GITHUB, checksummed("gho_")),
  row("github-user-token", "GitHub App user token", ["ghu_", run(36, ALNUM)], GITHUB, checksummed("ghu_")),
  row(
    "github-installation-token",
    "GitHub App installation token",
    ["ghs_", run(36, ALNUM)],
    GITHUB,
    checksummed("ghs_"),
  ),
  {
    ...row(
      "github-stateless-token",
      "GitHub App installation token, stateless",
      ["ghs_", run(40, `${WORD}.`, 2000)],
      "github.blog changelog, 2026-05-15: GitHub App installation tokens",
    ),
    pattern: /ghs_[A-Za-z0-9_]{0,60}eyJ[A-Za-z0-9_-]{10,300}\.[A-Za-z0-9_-]{20,1200}\.[A-Za-z0-9_-]{20,700}/,
    left: `${ALNUM}_.\\-`,
    samples: () => [
      `ghs_31337_${["eyJhbGciOiJSUzI1NiJ9", digits(WORD, 300, "claims"), digits(WORD, 86, "sig")].join(".")}`,
    ],
    nearMisses: () => [`ghs_31337_eyJhbGciOiJSUzI1NiJ9.${digits(WORD, 300, "claims")}`],
  },
  row("github-refresh-token", "GitHub App refresh token", ["ghr_", run(36, ALNUM, 100)], GITHUB),
  row(
    "github-fine-grained-token",
    "GitHub fine-grained personal access token",
    ["github_pat_", run(22, ALNUM), "_", run(59, ALNUM)],
    "docs.github.com: About authentication to GitHub, token formats",
  ),
  row("gitlab-personal-token", "GitLab personal access token", ["glpat-", run(20, WORD)], GITLAB),
  row(
    "gitlab-routable-token",
    "GitLab routable token",
    ["glpat-", run(27, WORD, 300), ".", run(9, LOWNUM)],
    `${GITLAB}; design document "Routable tokens"`,
    { prefixes: ["glpat-", "glrt-", "gldt-", "glptt-"], left: `${ALNUM}_\\-` },
  ),
  row("gitlab-deploy-token", "GitLab deploy token", ["gldt-", run(20, WORD)], GITLAB),
  row("gitlab-runner-token", "GitLab runner authentication token", ["glrt-", run(20, WORD, 40)], GITLAB),
  row("gitlab-runner-registration", "GitLab runner registration token", ["GR1348941", run(20, WORD)], GITLAB),
  row("gitlab-job-token", "GitLab CI job token", ["glcbt-", run(1, ALNUM, 5), "_", run(20, WORD)], GITLAB),
  row("gitlab-trigger-token", "GitLab pipeline trigger token", ["glptt-", run(40, HEX)], GITLAB),
  row("gitlab-feed-token", "GitLab feed token", ["glft-", run(20, WORD, 64)], GITLAB),
  row("gitlab-mail-token", "GitLab incoming mail token", ["glimt-", run(25, WORD)], GITLAB),
  row("gitlab-agent-token", "GitLab agent for Kubernetes token", ["glagent-", run(50, WORD)], GITLAB),
  row("gitlab-oauth-secret", "GitLab OAuth application secret", ["gloas-", run(64, WORD)], GITLAB),
  row("gitlab-scim-token", "GitLab SCIM token", ["glsoat-", run(20, WORD)], GITLAB),
  row("gitlab-feature-flag-token", "GitLab feature flag client token", ["glffct-", run(20, WORD)], GITLAB),
  row(
    "bitbucket-app-password",
    "Bitbucket app password",
    ["ATBB", run(24, ALNUM), run(8, "0-9A-F")],
    "support.atlassian.com: App passwords",
  ),
  row("bitbucket-access-token", "Bitbucket access token", ["ATCTT3xFfG", run(150, `${WORD}=`, 240)], ATLASSIAN),
  row("atlassian-api-token", "Atlassian API token", ["ATATT3xFfG", run(150, `${WORD}=`, 240)], ATLASSIAN),
  row(
    "azure-devops-token",
    "Azure DevOps personal access token",
    ["AZDO", run(4, ALNUM)],
    "learn.microsoft.com: Azure DevOps, format of personal access tokens (2024)",
    { lead: run(76, ALNUM) },
  ),
  row(
    "sourcegraph-token",
    "Sourcegraph access token",
    ["sgp_", run(16, HEX), "_", run(40, HEX)],
    "sourcegraph.com/docs: Creating an access token",
    { prefixes: ["sgp_"] },
  ),
];
