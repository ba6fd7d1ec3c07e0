import type { TokenFormat } from "../token-format.ts";
import { digits } from "./invented.ts";
import { ALNUM } from "./shape.ts";

/** What URLs are made of, without quotes and brackets (RFC 3986). */
const URL_TEXT = "!#-&(-;=?-Z^-_a-z{|}~\\[\\]";
/** At hosts of documentation and at the own machine a password is worth nothing (RFC 2606, RFC 6761). */
const ELSEWHERE =
  "(?!localhost|127\\.|0\\.0\\.0\\.0|\\[::1|host\\b|hostname|example\\.|[a-z0-9.-]{0,60}\\.example\\b|db:|\\$|<|\\{)";

/** A URL that carries a password; only the password is the token. */
export function connectionUrl(
  id: string,
  name: string,
  family: string,
  source: string,
  schemes: readonly [string, ...string[]],
): TokenFormat {
  // Made up when asked for: a start loads this and wants no samples.
  const password = () => digits(ALNUM, 18, id);
  const sample = (user: string, secret: string, host = "db.acme.io:5432") =>
    `${schemes[0]}://${user}:${secret}@${host}/main`;
  return {
    id,
    name,
    family,
    source,
    level: "default",
    keywords: schemes.map((scheme) => `${scheme}://`),
    lead: null,
    pattern: new RegExp(
      `(?:${schemes.join("|").replaceAll("+", "\\+")}):\\/\\/(?!(?:user(?:name)?|usr|me|foo|name|login|scott):)[A-Za-z0-9_.~%!$&*+,;=-]{0,128}:([A-Za-z0-9_.~%!$&*+,;=^#?:-]{8,200})(?=@${ELSEWHERE})`,
      "i",
    ),
    alphabet: URL_TEXT,
    minBytes: 14,
    maxBytes: 600,
    left: `${ALNUM}+`,
    right: "",
    body: null,
    check: "url-password",
    samples: () => [
      sample("app", password()),
      sample("", `${password()}%21`),
      sample("svc-1", `${password()}-_~`, "10.0.0.7"),
    ],
    nearMisses: () => [
      sample("app", password()).replace("@", "/"),
      sample("user", "password"),
      sample("user", "pass"),
      sample("app", "${DB_PASSWORD}"),
      sample("app", "<password>"),
      sample("app", "changeme"),
      sample("app", "xxxxxxxx"),
      sample("app", "********"),
      sample("app", password(), "localhost:5432"),
      sample("app", password(), "127.0.0.1"),
      `${schemes[0]}://db.acme.io:5432/main`,
      `${schemes[0]}://db.acme.io:5432/mail@acme.io`,
    ],
  };
}
