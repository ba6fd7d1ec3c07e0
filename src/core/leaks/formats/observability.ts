import type { TokenFormat } from "../token-format.ts";
import { named } from "./named.ts";
import { ALNUM, BASE64, familyOf, HEX, LOWNUM, run, UUID, WORD } from "./shape.ts";

const FAMILY = "observability";
const row = familyOf(FAMILY);
const GRAFANA = "grafana.com/docs: Service account tokens; Cloud access policies";
const SENTRY = "docs.sentry.io: Auth tokens";
const RELIC = "docs.newrelic.com: New Relic API keys";

export const OBSERVABILITY: readonly TokenFormat[] = [
  row("grafana-cloud-token", "Grafana Cloud access policy token", ["glc_eyJ", run(60, `${BASE64}=`, 400)], GRAFANA),
  row(
    "grafana-service-account",
    "Grafana service account token",
    ["glsa_", run(32, ALNUM), "_", run(8, "0-9A-Fa-f")],
    GRAFANA,
  ),
  row("grafana-api-key", "Grafana API key, older form", ["eyJrIjoi", run(70, `${BASE64}=`, 400)], GRAFANA),
  row(
    "sentry-org-token",
    "Sentry organization token",
    ["sntrys_eyJ", run(80, `${BASE64}=`, 400), "_", run(43, BASE64)],
    SENTRY,
  ),
  row("sentry-user-token", "Sentry user token", ["sntryu_", run(64, HEX)], SENTRY),
  row("sentry-integration-token", "Sentry integration token", ["sntryi_", run(64, HEX)], SENTRY),
  row("new-relic-user-key", "New Relic user key", ["NRAK-", run(27, "A-Z0-9")], RELIC),
  row("new-relic-insert-key", "New Relic insights insert key", ["NRII-", run(32, WORD)], RELIC),
  row("new-relic-query-key", "New Relic insights query key", ["NRIQ-", run(32, WORD)], RELIC),
  row("new-relic-license-key", "New Relic license key", ["NRAL"], RELIC, { lead: run(36, "0-9a-fA-FxX") }),
  row(
    "dynatrace-token",
    "Dynatrace token",
    ["dt0c01.", run(24, "A-Z0-9"), ".", run(64, "A-Z0-9")],
    "docs.dynatrace.com: Access tokens, format",
    {
      prefixes: ["dt0c01.", "dt0s01.", "dt0s02.", "dt0s08.", "dt0s16."],
    },
  ),
  row("honeycomb-ingest-key", "Honeycomb ingest key", ["hcaik_", run(58, LOWNUM)], "docs.honeycomb.io: API keys", {
    prefixes: ["hcaik_", "hcbik_", "hcxik_"],
  }),
  row(
    "posthog-personal-key",
    "PostHog personal API key",
    ["phx_", run(40, ALNUM, 56)],
    "posthog.com/docs: API overview",
  ),
  row("axiom-token", "Axiom token", ["xaat-", ...UUID], "axiom.co/docs: Tokens", { prefixes: ["xaat-", "xapt-"] }),
  row("segment-token", "Segment public API token", ["sgp_", run(64, ALNUM)], "docs.segmentapis.com: Authentication"),
  row("checkly-key", "Checkly API key", ["cu_", run(32, HEX)], "checklyhq.com/docs: API keys", {
    left: `${ALNUM}_\\-`,
  }),
  row("launchdarkly-key", "LaunchDarkly SDK key", ["sdk-", ...UUID], "launchdarkly.com/docs: Keys", {
    left: `${ALNUM}_\\-`,
  }),
  named({
    family: FAMILY,
    id: "datadog-api-key",
    name: "Datadog API key",
    source: "docs.datadoghq.com: API and application keys",
    names: ["dd_api_key", "datadog_api_key", "dd-api-key"],
    value: run(32, HEX),
    check: "entropy:3",
  }),
  named({
    family: FAMILY,
    id: "datadog-app-key",
    name: "Datadog application key",
    source: "docs.datadoghq.com: API and application keys",
    names: ["dd_app_key", "datadog_app_key", "dd-application-key", "dd_application_key"],
    value: run(40, HEX),
    check: "entropy:3",
  }),
];
