import { crc32Base62 } from "../crc32.ts";
import type { TokenFormat } from "../token-format.ts";
import { digits } from "./invented.ts";
import { named } from "./named.ts";
import { ALNUM, BASE64, familyOf, HEX, LOWNUM, run, UUID, WORD } from "./shape.ts";

const FAMILY = "package-registries";
const row = familyOf(FAMILY);
const npmBody = () => digits(ALNUM, 30, "npm");

export const PACKAGE_REGISTRIES: readonly TokenFormat[] = [
  row(
    "npm-token",
    "npm access token",
    ["npm_", run(36, ALNUM)],
    "github.blog, 2021-09-23: npm's new access token format",
    {
      check: "npm-crc32",
      samples: () => [`npm_${npmBody()}${crc32Base62(npmBody())}`],
      nearMisses: () => [`npm_${npmBody()}${crc32Base62(`${npmBody()}x`)}`],
    },
  ),
  named({
    family: FAMILY,
    id: "npmrc-auth",
    name: "npm registry credential in .npmrc",
    source: "docs.npmjs.com: npmrc, auth related configuration",
    names: [":_auth", ":_password"],
    more: "(?:Token)?",
    value: run(20, "A-Za-z0-9+/=_.\\-", 400),
    check: "entropy:3.5",
    left: "",
  }),
  row(
    "pypi-token",
    "PyPI upload token",
    ["pypi-AgEIcHlwaS5vcmc", run(50, WORD, 400)],
    "pypi.org/help: API tokens; macaroons",
  ),
  row(
    "test-pypi-token",
    "TestPyPI upload token",
    ["pypi-AgENdGVzdC5weXBpLm9yZw", run(50, WORD, 400)],
    "test.pypi.org/help: API tokens",
  ),
  row("rubygems-key", "RubyGems API key", ["rubygems_", run(48, HEX)], "guides.rubygems.org: API keys"),
  row(
    "crates-io-token",
    "crates.io API token",
    ["cio", run(32, ALNUM)],
    "crates.io: API tokens; rust-lang/crates.io, token prefix",
    {
      // A hash in base64, as in go.sum, holds `cio` often enough.
      left: `${ALNUM}_+\\-`,
      right: `${ALNUM}_+=`,
      check: "entropy:3.8",
    },
  ),
  row("nuget-key", "NuGet API key", ["oy2", run(43, LOWNUM)], "learn.microsoft.com: NuGet, scoped API keys", {
    check: "entropy:3.5",
  }),
  row(
    "docker-token",
    "Docker personal access token",
    ["dckr_pat_", run(27, WORD)],
    "docs.docker.com: Personal access tokens",
  ),
  row(
    "docker-org-token",
    "Docker organization access token",
    ["dckr_oat_", run(32, WORD)],
    "docs.docker.com: Organization access tokens",
  ),
  row("clojars-token", "Clojars deploy token", ["CLOJARS_", run(60, HEX)], "github.com/clojars: Deploy tokens"),
  row("jfrog-key", "JFrog API key", ["AKCp", run(69, ALNUM)], "jfrog.com/help: API keys"),
  row(
    "jfrog-reference-token",
    "JFrog reference token",
    ["cmVmdGtu", run(56, ALNUM)],
    "jfrog.com/help: Reference tokens",
  ),
  row(
    "packagist-token",
    "Private Packagist token",
    ["packagist_", run(3, "a-z"), "_", run(68, HEX)],
    "packagist.com/docs: Authentication tokens",
  ),
  row("open-vsx-token", "Open VSX access token", ["ovsxat_", ...UUID], "github.com/eclipse/openvsx: Access tokens", {
    prefixes: ["ovsxat_", "ovsxp_"],
  }),
  row("socket-token", "Socket security API token", ["sktsec_", run(40, WORD, 70)], "docs.socket.dev: API tokens"),
  {
    ...named({
      family: FAMILY,
      id: "netrc-password",
      name: "password in a netrc file",
      source: "GNU Inetutils manual: The .netrc file",
      names: ["machine "],
      value: run(8, "!-~", 128),
      check: "url-password",
    }),
    pattern: /machine [A-Za-z0-9.-]{1,80}\s{1,8}login [!-~]{1,80}\s{1,8}password ([A-Za-z0-9!#$%*+./:=?@^_~-]{8,128})/i,
    alphabet: "\\x20-\\x7e\\s",
    minBytes: 40,
    maxBytes: 400,
    samples: () => [`machine git.example login bot password ${digits(ALNUM, 20, "netrc")}`],
    nearMisses: () => ["machine git.example login bot password <token>", "machine learning login form password field"],
  },
  {
    ...named({
      family: FAMILY,
      id: "docker-config-auth",
      name: "registry login in a Docker configuration file",
      source: "docs.docker.com: docker login, config.json",
      names: ['"auth'],
      value: run(20, `${BASE64}=`, 600),
      check: "basic-pair",
      left: "",
    }),
    samples: () => [`"auth": "${Buffer.from(`bot:${digits(ALNUM, 20, "login")}`).toString("base64")}"`],
    nearMisses: () => [
      `"auth": "${Buffer.from("user:password").toString("base64")}"`,
      `"auth": "${digits(ALNUM, 40, "d")}"`,
    ],
  },
];
