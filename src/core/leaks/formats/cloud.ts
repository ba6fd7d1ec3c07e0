import type { TokenFormat } from "../token-format.ts";
import { digits } from "./invented.ts";
import { ALNUM, BASE64, familyOf, HEX, LOWNUM, run, UUID, WORD } from "./shape.ts";

const row = familyOf("cloud");
const AWS = "docs.aws.amazon.com: IAM identifiers, unique id prefixes";
const GOOGLE = "cloud.google.com: Authentication, types of tokens and keys";
const AZURE = "learn.microsoft.com: connection strings, account keys, client secrets";
const BASE32 = "A-Z2-7";

export const CLOUD: readonly TokenFormat[] = [
  row("aws-access-key-id", "AWS access key id", ["AKIA", run(16, BASE32)], AWS, {
    prefixes: ["AKIA", "ASIA", "ABIA", "ACCA"],
    nearMisses: () => [`AK${"IA"}IOSFODNN7EXAMPLE`],
  }),
  row(
    "aws-bedrock-key",
    "Amazon Bedrock API key",
    ["ABSKQmVkcm9ja0FQSUtleS", run(80, `${BASE64}=`, 140)],
    "docs.aws.amazon.com: Amazon Bedrock, API keys",
  ),
  row(
    "aws-bedrock-session-key",
    "Amazon Bedrock short-term API key",
    ["bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t", run(40, `${BASE64}=`, 3000)],
    "docs.aws.amazon.com: Amazon Bedrock, API keys",
    { body: `${BASE64}=` },
  ),
  row("amazon-mws-token", "Amazon MWS auth token", ["amzn.mws.", ...UUID], "developer-docs.amazon.com: MWS"),
  row(
    "amazon-oauth-secret",
    "Login with Amazon client secret",
    ["amzn1.oa2-cs.v1.", run(64, HEX)],
    "developer.amazon.com: Login with Amazon",
  ),
  row("google-api-key", "Google API key", ["AIza", run(35, WORD)], GOOGLE),
  row("google-express-key", "Google Cloud bound API key", ["AQ.Ab", run(40, WORD, 80)], GOOGLE, { check: "entropy:4" }),
  row("google-oauth-secret", "Google OAuth client secret", ["GOCSPX-", run(28, WORD)], GOOGLE),
  row("google-access-token", "Google OAuth access token", ["ya29.", run(40, `${WORD}.`, 2048)], GOOGLE, {
    left: `${WORD}.`,
    body: "A-Za-z0-9_.\\-",
  }),
  row("google-refresh-token", "Google OAuth refresh token", ["1//0", run(40, WORD, 200)], GOOGLE, {
    check: "entropy:4",
  }),
  row("azure-storage-key", "Azure storage account key", ["AccountKey=", run(86, BASE64), "=="], AZURE),
  row(
    "azure-shared-access-key",
    "Azure Service Bus or Event Hubs key",
    ["SharedAccessKey=", run(43, BASE64), "="],
    AZURE,
  ),
  {
    ...row(
      "azure-client-secret",
      "Microsoft Entra client secret",
      ["Q~", run(31, `${ALNUM}_.~\\-`, 34)],
      "learn.microsoft.com: Microsoft Entra, client secrets",
      { lead: run(4, `${ALNUM}_.~\\-`), left: "" },
    ),
    pattern: /[A-Za-z0-9_.~-]{3}[0-9]Q~[A-Za-z0-9_.~-]{31,34}/,
    samples: () => [`${digits(ALNUM, 3, "entra")}8Q~${digits(WORD, 34, "entra")}`],
    nearMisses: () => [
      `${digits(ALNUM, 3, "entra")}8Q~${digits(WORD, 30, "entra")}`,
      `xxxxQ~${digits(WORD, 34, "entra")}`,
    ],
  },
  row(
    "azure-ai-key",
    "Azure AI services key",
    ["JQQJ99", run(26, ALNUM)],
    "learn.microsoft.com: Azure Cognitive Services, identifiable keys",
    { lead: run(52, ALNUM) },
  ),
  row(
    "azure-function-key",
    "Azure Functions key",
    ["AzFu", run(6, `${WORD}`), "=="],
    "learn.microsoft.com: Azure Functions, access keys",
    { lead: run(46, WORD), left: `${ALNUM}_\\-` },
  ),
  row(
    "digitalocean-token",
    "DigitalOcean personal access token",
    ["dop_v1_", run(64, HEX)],
    "docs.digitalocean.com: API",
  ),
  row(
    "digitalocean-oauth-token",
    "DigitalOcean OAuth token",
    ["doo_v1_", run(64, HEX)],
    "docs.digitalocean.com: OAuth",
  ),
  row(
    "digitalocean-refresh-token",
    "DigitalOcean refresh token",
    ["dor_v1_", run(64, HEX)],
    "docs.digitalocean.com: OAuth",
  ),
  row(
    "alibaba-access-key-id",
    "Alibaba Cloud access key id",
    ["LTAI5t", run(18, ALNUM)],
    "alibabacloud.com: AccessKey pair",
  ),
  row("tencent-secret-id", "Tencent Cloud secret id", ["AKID", run(32, ALNUM)], "cloud.tencent.com: API keys"),
  row("yandex-api-key", "Yandex Cloud API key", ["AQVN", run(35, WORD, 38)], "yandex.cloud: API keys"),
  row(
    "yandex-iam-token",
    "Yandex Cloud IAM token",
    ["t1.9eu", run(100, WORD, 300), ".", run(86, WORD)],
    "yandex.cloud: IAM token",
  ),
  row(
    "cloudflare-token",
    "Cloudflare API token or key, scannable",
    ["cfut_", run(44, WORD, 56)],
    "developers.cloudflare.com: Token formats (40 characters and a checksum)",
    { prefixes: ["cfut_", "cfat_", "cfk_"], check: "entropy:3.8" },
  ),
  row(
    "cloudflare-origin-key",
    "Cloudflare Origin CA key",
    ["v1.0-", run(24, HEX), "-", run(146, HEX)],
    "developers.cloudflare.com: Origin CA keys",
  ),
  row(
    "heroku-api-key",
    "Heroku API key",
    ["HRKU-AA", run(58, WORD)],
    "devcenter.heroku.com: Platform API, token format",
  ),
  row("fly-token", "Fly.io access token", ["fm2_", run(80, `${BASE64}=`, 3000)], "fly.io/docs: Access tokens", {
    prefixes: ["fm2_", "fm1a_", "fm1r_"],
    left: `${ALNUM}_`,
    body: `${BASE64}=`,
  }),
  row(
    "netlify-token",
    "Netlify personal access token",
    ["nfp_", run(36, ALNUM)],
    "docs.netlify.com: API, authentication",
  ),
  row("vercel-token", "Vercel access token", ["vcp_", run(24, ALNUM, 80)], "vercel.com/docs: Tokens", {
    prefixes: ["vcp_", "vci_", "vca_", "vcr_", "vck_"],
    check: "entropy:3.5",
  }),
  row(
    "vercel-blob-token",
    "Vercel Blob read-write token",
    ["vercel_blob_rw_", run(16, ALNUM), "_", run(30, ALNUM, 48)],
    "vercel.com/docs: Blob",
  ),
  row("render-api-key", "Render API key", ["rnd_", run(28, ALNUM, 40)], "render.com/docs: API keys", {
    check: "entropy:3.5",
  }),
  row("scalingo-token", "Scalingo API token", ["tk-us-", run(48, WORD)], "developers.scalingo.com: API tokens"),
  row(
    "akamai-client-token",
    "Akamai EdgeGrid client or access token",
    ["akab-", run(16, LOWNUM), "-", run(16, LOWNUM)],
    "techdocs.akamai.com: EdgeGrid credentials",
  ),
  row(
    "tailscale-key",
    "Tailscale key",
    ["tskey-", run(3, "a-z", 8), "-", run(8, ALNUM, 32), "-", run(16, ALNUM, 48)],
    "tailscale.com/kb: Key prefixes",
  ),
  row("pulumi-token", "Pulumi access token", ["pul-", run(40, HEX)], "pulumi.com/docs: Access tokens"),
  row(
    "hashicorp-vault-token",
    "HashiCorp Vault service token",
    ["hvs.", run(24, WORD, 140)],
    "developer.hashicorp.com: Vault tokens",
    {
      check: "entropy:3.5",
    },
  ),
  row(
    "hashicorp-vault-batch-token",
    "HashiCorp Vault batch token",
    ["hvb.", run(100, WORD, 500)],
    "developer.hashicorp.com: Vault tokens",
    {
      prefixes: ["hvb.", "hvr."],
    },
  ),
  row(
    "terraform-cloud-token",
    "HCP Terraform API token",
    [".atlasv1.", run(60, WORD, 72)],
    "developer.hashicorp.com: HCP Terraform API tokens",
    { lead: run(14, ALNUM) },
  ),
  row("doppler-token", "Doppler token", ["dp.pt.", run(40, ALNUM, 44)], "docs.doppler.com: Token formats", {
    prefixes: ["dp.pt.", "dp.ct.", "dp.sa.", "dp.said.", "dp.scim.", "dp.audit."],
  }),
  row(
    "doppler-service-token",
    "Doppler service token",
    ["dp.st.", run(40, `${ALNUM}_.\\-`, 84)],
    "docs.doppler.com: Token formats",
    { left: `${ALNUM}_.\\-` },
  ),
  row(
    "onepassword-service-account",
    "1Password service account token",
    ["ops_eyJ", run(200, `${WORD}=`, 1500)],
    "developer.1password.com: Service accounts",
  ),
  row(
    "onepassword-secret-key",
    "1Password secret key",
    [
      "A3-",
      run(6, "A-Z0-9"),
      "-",
      run(6, "A-Z0-9"),
      "-",
      run(5, "A-Z0-9"),
      "-",
      run(5, "A-Z0-9"),
      "-",
      run(5, "A-Z0-9"),
      "-",
      run(5, "A-Z0-9"),
    ],
    "support.1password.com: About your Secret Key",
  ),
  row("openshift-token", "OpenShift user token", ["sha256~", run(43, WORD)], "docs.openshift.com: OAuth access tokens"),
  row(
    "docker-swarm-token",
    "Docker Swarm join token",
    ["SWMTKN-1-", run(50, LOWNUM), "-", run(25, LOWNUM)],
    "docs.docker.com: Swarm mode",
  ),
  row(
    "rancher-token",
    "Rancher API token",
    ["token-", run(5, LOWNUM), ":", run(54, LOWNUM)],
    "ranchermanager.docs.rancher.com: API tokens",
  ),
  row(
    "defined-networking-key",
    "Defined Networking API key",
    ["dnkey-", run(26, "A-Z2-7"), "-", run(52, "A-Z2-7")],
    "docs.defined.net: API keys",
  ),
  {
    ...row("azure-sas-signature", "Azure shared access signature", ["&sig=", run(43, BASE64)], AZURE),
    // Base64 of 32 bytes, in a URL: `+`, `/` and the `=` at its end are escaped.
    pattern: /&sig=((?:[A-Za-z0-9]|%2[BbFf]){43}%3[Dd])/,
    keywords: ["&sig="],
    alphabet: "A-Za-z0-9%&=",
    minBytes: 51,
    maxBytes: 137,
    left: "",
    samples: () => [`&sig=${digits(ALNUM, 20, "sas")}%2B${digits(ALNUM, 22, "sig")}%3D`],
    nearMisses: () => [`&sig=${digits(ALNUM, 43, "sas")}`, `&sig=${digits(ALNUM, 12, "sas")}%3D`],
  },
];
