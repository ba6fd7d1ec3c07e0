import type { TokenFormat } from "../token-format.ts";
import { connectionUrl } from "./connection-url.ts";
import { digits } from "./invented.ts";
import { named } from "./named.ts";
import { ALNUM, familyOf, HEX, run, WORD } from "./shape.ts";

const FAMILY = "identity";
const row = familyOf(FAMILY);
const part = (json: object) => Buffer.from(JSON.stringify(json)).toString("base64url");
const jwt = (header: object, claims: object) => `${part(header)}.${part(claims)}.${digits(WORD, 43, "jwt")}`;
const groups = (count: number) => Array.from({ length: count }, (_, i) => digits(HEX, 36, `${i}`));
const CLAIMS = { iss: "https://login.acme.io", sub: "svc-17", iat: 1_790_000_000 };

export const IDENTITY: readonly TokenFormat[] = [
  {
    ...row("jwt", "JSON Web Token, signed", ["eyJ", run(60, `${WORD}.`, 4000)], "RFC 7519, RFC 7515"),
    // Of a token longer than the window the signature may be out of sight.
    pattern: /eyJ[A-Za-z0-9_-]{10,600}\.eyJ(?:[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{20,2000}|[A-Za-z0-9_-]{3300,4000})/,
    alphabet: "A-Za-z0-9_\\-.",
    minBytes: 60,
    maxBytes: 4000,
    left: `${ALNUM}_\\-.`,
    right: `${ALNUM}_\\-`,
    body: "A-Za-z0-9_\\-.",
    check: "jwt-json",
    samples: () => [
      jwt({ alg: "HS256", typ: "JWT" }, CLAIMS),
      jwt({ alg: "RS256", kid: "k1" }, { ...CLAIMS, groups: groups(40) }),
      jwt({ alg: "ES256", kid: "k2" }, { ...CLAIMS, groups: groups(200) }),
    ],
    nearMisses: () => [
      jwt({ alg: "HS256", typ: "JWT" }, CLAIMS).split(".").slice(0, 2).join("."),
      jwt({ typ: "JWT" }, CLAIMS),
      jwt({ alg: "HS256", typ: "JWT" }, { sub: "1234567890", name: "John Doe", iat: 1516239022 }),
      `eyJ${digits(ALNUM, 30, "a")}.eyJ${digits(ALNUM, 30, "b")}.${digits(ALNUM, 43, "c")}`,
    ],
  },
  {
    ...row("jwe", "JSON Web Token, encrypted", ["eyJ", run(60, `${WORD}.`, 4000)], "RFC 7516, compact serialization"),
    pattern:
      /eyJ[A-Za-z0-9_-]{10,600}\.[A-Za-z0-9_-]{0,700}\.[A-Za-z0-9_-]{16,24}\.[A-Za-z0-9_-]{20,4000}\.[A-Za-z0-9_-]{20,44}/,
    alphabet: "A-Za-z0-9_\\-.",
    minBytes: 80,
    maxBytes: 4000,
    left: `${ALNUM}_\\-.`,
    right: `${ALNUM}_\\-`,
    check: "jwt-json",
    samples: () => [
      [
        part({ alg: "dir", enc: "A256GCM" }),
        "",
        digits(WORD, 16, "iv"),
        digits(WORD, 90, "text"),
        digits(WORD, 22, "tag"),
      ].join("."),
    ],
    nearMisses: () => [
      [part({ typ: "no" }), "", digits(WORD, 16, "iv"), digits(WORD, 90, "text"), digits(WORD, 22, "tag")].join("."),
    ],
  },
  connectionUrl("http-url-password", "web address with a password", FAMILY, "RFC 3986 section 3.2.1; RFC 7617", [
    "https",
    "http",
  ]),
  connectionUrl("ftp-url-password", "file transfer address with a password", FAMILY, "RFC 1738; RFC 3986", [
    "ftp",
    "ftps",
    "sftp",
    "ssh",
  ]),
  connectionUrl(
    "smtp-url-password",
    "mail server address with a password",
    FAMILY,
    "Nodemailer, Symfony Mailer documentation: transport URLs",
    ["smtp", "smtps", "imap", "imaps"],
  ),
  connectionUrl("ldap-url-password", "directory address with a password", FAMILY, "RFC 4516; RFC 3986", [
    "ldap",
    "ldaps",
  ]),
  connectionUrl("proxy-url-password", "proxy address with a password", FAMILY, "curl.se/docs: proxy URLs", [
    "socks5",
    "socks5h",
    "socks4",
  ]),
  named({
    family: FAMILY,
    id: "aws-secret-access-key",
    name: "AWS secret access key",
    source: "docs.aws.amazon.com: Managing access keys for IAM users",
    names: ["secret_access_key", "secretaccesskey", "aws_secret_key", "secret-access-key"],
    value: run(40, "A-Za-z0-9+/"),
    check: "entropy:4",
  }),
  named({
    family: FAMILY,
    id: "aws-session-token",
    name: "AWS session token",
    source: "docs.aws.amazon.com: Temporary security credentials",
    names: ["aws_session_token", "sessiontoken", "x-amz-security-token"],
    value: run(100, "A-Za-z0-9+/=", 2000),
    check: "entropy:4",
  }),
  named({
    family: FAMILY,
    id: "cloudflare-api-token",
    name: "Cloudflare API token",
    source: "developers.cloudflare.com: API tokens",
    names: ["cloudflare_api_token", "cf_api_token", "cloudflare_token"],
    value: run(40, "A-Za-z0-9_\\-"),
    check: "entropy:3.8",
  }),
  named({
    family: FAMILY,
    id: "okta-token",
    name: "Okta API token",
    source: "developer.okta.com: Create an API token",
    names: ["okta_api_token", "okta_token", "okta_client_token"],
    value: run(42, "A-Za-z0-9_\\-"),
    check: "entropy:3.8",
  }),
  named({
    family: FAMILY,
    id: "oauth-client-secret",
    name: "OAuth client secret in JSON",
    source: "RFC 6749 section 2.3.1; RFC 7591 section 3.2.1",
    names: ['"client_secret'],
    value: run(24, "A-Za-z0-9_\\-", 64),
    check: "entropy:3.8",
    left: "",
  }),
  row(
    "facebook-token",
    "Facebook access token",
    ["EAAM", run(100, ALNUM, 400)],
    "developers.facebook.com: Access tokens",
    {
      prefixes: ["EAAM", "EAAC", "EAAB", "EAAG"],
      left: `${ALNUM}+`,
      right: `${ALNUM}+=`,
      check: "entropy:4",
    },
  ),
  row(
    "instagram-token",
    "Instagram access token",
    ["IGQV", run(100, WORD, 300)],
    "developers.facebook.com: Instagram, access tokens",
    {
      prefixes: ["IGQV", "IGQW"],
      left: `${ALNUM}+`,
      check: "entropy:4",
    },
  ),
  row(
    "linkedin-client-secret",
    "LinkedIn client secret",
    ["WPL_AP1.", run(16, ALNUM), ".", run(6, `${ALNUM}+/=`, 12)],
    "learn.microsoft.com: LinkedIn API authentication",
    {
      prefixes: ["WPL_AP1.", "WPL_AP0."],
    },
  ),
  row(
    "zoho-token",
    "Zoho OAuth token",
    ["1000.", run(32, HEX), ".", run(32, HEX)],
    "zoho.com/accounts: OAuth protocol",
  ),
  row(
    "salesforce-token",
    "Salesforce session or access token",
    ["00D", run(12, ALNUM, 15), "!", run(80, `${ALNUM}._`, 130)],
    "developer.salesforce.com: Session ids",
  ),
];
