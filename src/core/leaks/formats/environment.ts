import type { TokenFormat } from "../token-format.ts";
import { named } from "./named.ts";
import { ALNUM, HEX, type Run, run } from "./shape.ts";

/** Keys without a mark of their own, known by the variable in which their issuer's documentation puts them. */
const VARIABLES: readonly (readonly [issuer: string, source: string, value: Run, ...names: string[]])[] = [
  ["Mistral AI", "docs.mistral.ai: API keys", run(32, ALNUM), "mistral_api_key"],
  ["Cohere", "docs.cohere.com: API keys", run(40, ALNUM), "cohere_api_key", "co_api_key"],
  ["Deepgram", "developers.deepgram.com: API keys", run(40, HEX), "deepgram_api_key"],
  ["AssemblyAI", "assemblyai.com/docs: API keys", run(32, HEX), "assemblyai_api_key"],
  ["Hetzner Cloud", "docs.hetzner.cloud: Authentication", run(64, ALNUM), "hcloud_token"],
  ["Linode", "techdocs.akamai.com/linode-api: Access tokens", run(64, HEX), "linode_token", "linode_cli_token"],
  ["Vultr", "docs.vultr.com: API keys", run(36, "A-Z0-9"), "vultr_api_key"],
  ["Fastly", "fastly.com/documentation: API tokens", run(32, "A-Za-z0-9_\\-"), "fastly_api_token", "fastly_api_key"],
  ["Algolia", "algolia.com/doc: API keys", run(32, HEX), "algolia_admin_key", "algolia_api_key"],
  ["Spotify", "developer.spotify.com: Client credentials", run(32, HEX), "spotify_client_secret"],
  ["Twitch", "dev.twitch.tv: Client secrets", run(30, "a-z0-9"), "twitch_client_secret"],
  [
    "PagerDuty",
    "support.pagerduty.com: API access keys",
    run(20, "A-Za-z0-9_+\\-"),
    "pagerduty_token",
    "pagerduty_api_key",
  ],
  ["Snyk", "docs.snyk.io: Authentication", run(36, "0-9a-f\\-"), "snyk_token"],
  ["Travis CI", "docs.travis-ci.com: API authentication", run(22, "A-Za-z0-9_\\-"), "travis_token", "travis_api_token"],
  ["Coveralls", "docs.coveralls.io: Repository tokens", run(33, ALNUM), "coveralls_repo_token"],
  [
    "Contentful delivery",
    "contentful.com/developers: Authentication",
    run(43, "A-Za-z0-9_\\-"),
    "contentful_access_token",
  ],
];

export const ENVIRONMENT: readonly TokenFormat[] = VARIABLES.map(([issuer, source, value, ...names]) =>
  named({
    family: "environment",
    id: `${issuer.toLowerCase().replaceAll(" ", "-")}-variable`,
    name: `${issuer} key in its variable`,
    source,
    names,
    value,
    check: "irregular",
  }),
);
