import type { TokenFormat } from "../token-format.ts";
import { ALNUM, familyOf, HEX, run, UUID, WORD } from "./shape.ts";

const row = familyOf("ci");
const SONAR = "docs.sonarsource.com: Managing your tokens";

export const CI: readonly TokenFormat[] = [
  row(
    "circleci-personal-token",
    "CircleCI personal token",
    ["CCIPAT_", run(20, ALNUM, 24), "_", run(40, HEX)],
    "circleci.com/docs: API tokens",
  ),
  row(
    "circleci-project-token",
    "CircleCI project token",
    ["CCIPRJ_", run(20, ALNUM, 24), "_", run(40, HEX)],
    "circleci.com/docs: API tokens",
  ),
  row(
    "buildkite-token",
    "Buildkite API access token",
    ["bkua_", run(40, HEX)],
    "buildkite.com/docs: API access tokens",
  ),
  row("sonar-project-token", "SonarQube project token", ["sqp_", run(40, HEX)], SONAR),
  row("sonar-user-token", "SonarQube user token", ["squ_", run(40, HEX)], SONAR),
  row("sonar-analysis-token", "SonarQube global analysis token", ["sqa_", run(40, HEX)], SONAR),
  row(
    "harness-token",
    "Harness API key",
    ["pat.", run(22, WORD), ".", run(24, HEX), ".", run(20, ALNUM)],
    "developer.harness.io: API keys",
    {
      prefixes: ["pat.", "sat."],
    },
  ),
  row("octopus-key", "Octopus Deploy API key", ["API-", run(25, "A-Z0-9", 32)], "octopus.com/docs: API keys", {
    left: `${ALNUM}_\\-`,
    right: `${ALNUM}_\\-`,
    check: "entropy:3.5",
  }),
  row(
    "teamcity-token",
    "TeamCity access token",
    ["eyJ0eXAiOiAiVENWMiJ9.", run(30, WORD, 60), ".", run(40, WORD, 80)],
    "jetbrains.com/help/teamcity: Access tokens",
  ),
  row(
    "snyk-token",
    "Snyk personal access token",
    ["snyk_uat.", run(8, HEX), ".", run(60, `${WORD}.`, 1500)],
    "docs.snyk.io: Personal access tokens",
  ),
  row("prefect-key", "Prefect API key", ["pnu_", run(36, ALNUM)], "docs.prefect.io: API keys", {
    prefixes: ["pnu_", "pnb_"],
  }),
  row("infracost-key", "Infracost API key", ["ico-", run(32, ALNUM)], "infracost.io/docs: API keys", {
    check: "entropy:3.8",
  }),
  row(
    "vercel-deploy-hook",
    "Vercel deploy hook",
    ["api.vercel.com/v1/integrations/deploy/prj_", run(24, ALNUM, 32), "/", run(8, ALNUM, 16)],
    "vercel.com/docs: Deploy hooks",
    {
      left: "",
      nearMisses: () => ["api.vercel.com/v1/integrations/deploy/"],
    },
  ),
  row(
    "netlify-build-hook",
    "Netlify build hook",
    ["api.netlify.com/build_hooks/", run(24, HEX)],
    "docs.netlify.com: Build hooks",
    { left: "" },
  ),
  row("codecov-token", "Codecov upload token", ["CODECOV_TOKEN=", ...UUID], "docs.codecov.com: Codecov tokens", {
    prefixes: ["CODECOV_TOKEN=", "CODECOV_TOKEN: "],
  }),
];
