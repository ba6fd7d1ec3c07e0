import type { TokenFormat } from "../token-format.ts";
import { digits } from "./invented.ts";
import { ALNUM, familyOf, HEX, LOWNUM, run, UUID, WORD } from "./shape.ts";

/** Tools of a team: documents, design, maps, tickets. */
const row = familyOf("services");
const APART = `${ALNUM}_\\-`;

export const SERVICES: readonly TokenFormat[] = [
  row(
    "notion-token",
    "Notion integration token",
    ["ntn_", run(11, "0-9"), run(35, ALNUM)],
    "developers.notion.com: Authorization",
  ),
  row(
    "notion-legacy-token",
    "Notion integration token, older form",
    ["secret_", run(43, ALNUM)],
    "developers.notion.com: Authorization",
    { left: APART },
  ),
  row("linear-api-key", "Linear API key", ["lin_api_", run(40, ALNUM)], "linear.app/developers: API keys"),
  row("linear-oauth-token", "Linear OAuth token", ["lin_oauth_", run(64, HEX)], "linear.app/developers: OAuth"),
  row(
    "figma-token",
    "Figma personal access token",
    ["figd_", run(38, WORD, 44)],
    "developers.figma.com: Personal access tokens",
  ),
  row("figma-oauth-token", "Figma OAuth token", ["figu_", run(38, WORD, 44)], "developers.figma.com: OAuth"),
  row("postman-key", "Postman API key", ["PMAK-", run(24, HEX), "-", run(34, HEX)], "learning.postman.com: API keys"),
  row(
    "typeform-token",
    "Typeform personal access token",
    ["tfp_", run(59, WORD)],
    "typeform.com/developers: Personal access tokens",
  ),
  row(
    "contentful-token",
    "Contentful personal access token",
    ["CFPAT-", run(43, WORD)],
    "contentful.com/developers: Personal access tokens",
  ),
  row(
    "clickup-token",
    "ClickUp personal token",
    ["pk_", run(6, "0-9", 10), "_", run(32, "A-Z0-9")],
    "developer.clickup.com: Authentication",
    { left: APART },
  ),
  row("hubspot-token", "HubSpot private app token", ["pat-na1-", ...UUID], "developers.hubspot.com: Private apps", {
    prefixes: ["pat-na1-", "pat-na2-", "pat-na3-", "pat-eu1-", "pat-ap1-"],
  }),
  row("dropbox-token", "Dropbox access token", ["sl.", run(130, WORD, 1400)], "dropbox.com/developers: OAuth guide", {
    prefixes: ["sl.", "sl.u."],
    left: `${ALNUM}_.\\-`,
    check: "entropy:4",
  }),
  row(
    "mapbox-secret-token",
    "Mapbox secret token",
    ["sk.eyJ", run(40, WORD, 200), ".", run(22, WORD)],
    "docs.mapbox.com: Access tokens",
  ),
  row("frameio-token", "Frame.io token", ["fio-u-", run(64, WORD)], "developer.frame.io: Tokens"),
  row("readme-key", "ReadMe API key", ["rdme_", run(70, LOWNUM)], "docs.readme.com: Authentication"),
  row(
    "settlemint-token",
    "SettleMint access token",
    ["sm_pat_", run(16, ALNUM)],
    "console.settlemint.com: Access tokens",
    {
      prefixes: ["sm_pat_", "sm_aat_", "sm_sat_"],
    },
  ),
  row(
    "trello-token",
    "Trello token",
    ["ATTA", run(64, HEX), run(8, "0-9A-F")],
    "developer.atlassian.com: Trello, tokens",
  ),
  row("adafruit-key", "Adafruit IO key", ["aio_", run(28, ALNUM)], "io.adafruit.com/api/docs: Authentication"),
  row("adobe-client-secret", "Adobe client secret", ["p8e-", run(32, WORD)], "developer.adobe.com: OAuth credentials", {
    check: "entropy:3.8",
  }),
  row("canva-client-secret", "Canva client secret", ["cnvca", run(48, ALNUM)], "canva.dev/docs: Client secrets", {
    check: "entropy:4",
  }),
  row(
    "mercury-token",
    "Mercury bank API token",
    ["secret-token:mercury_production_", run(30, `${ALNUM}_`, 80)],
    "docs.mercury.com: API tokens; RFC 8959",
  ),
  row("rfc8959-secret-token", "secret-token URI", ["secret-token:", run(16, `${ALNUM}_.~%\\-`, 200)], "RFC 8959", {
    check: "irregular",
    samples: () => [`secret-token:${digits(ALNUM, 32, "rfc8959")}`],
  }),
  row("ubidots-token", "Ubidots token", ["BBFF-", run(30, ALNUM)], "docs.ubidots.com: Authentication", {
    prefixes: ["BBFF-", "BBUS-"],
  }),
];
