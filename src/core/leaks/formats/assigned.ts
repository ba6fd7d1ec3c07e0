import type { TokenFormat } from "../token-format.ts";
import { digits } from "./invented.ts";
import { named } from "./named.ts";
import { ALNUM, BASE64, run } from "./shape.ts";

const FAMILY = "assigned";
/** The rest of a name: `secret_for_ci`, `tokenValue`. */
const MORE = "[A-Za-z0-9_.-]{0,20}";
const VALUE = "A-Za-z0-9+/=_.~\\-";

/** No mark of their own, only a name or a header that says what they are: much that is harmless looks the same. */
export const ASSIGNED: readonly TokenFormat[] = [
  {
    ...named({
      family: FAMILY,
      id: "assigned-secret",
      name: "irregular value called a secret, token, password or key",
      source: "common custom in configuration files",
      level: "strict",
      names: [
        "secret",
        "token",
        "passwd",
        "password",
        "passphrase",
        "api_key",
        "apikey",
        "api-key",
        "access_key",
        "accesskey",
        "private_key",
        "auth_key",
        "credential",
      ],
      more: MORE,
      value: run(16, VALUE, 256),
      check: "irregular",
      left: "",
    }),
    samples: () => [`secret="${digits(ALNUM, 32, "assigned")}"`, `"api_key_ci": "${digits(ALNUM, 40, "assigned")}"`],
  },
  {
    ...named({
      family: FAMILY,
      id: "bearer-header",
      name: "bearer token in an Authorization header",
      source: "RFC 6750 section 2.1",
      level: "strict",
      names: ["bearer "],
      value: run(20, VALUE, 2048),
      check: "entropy:3.5",
    }),
    pattern: /bearer {1,4}([A-Za-z0-9+/=_.~-]{20,2048})/i,
    alphabet: "A-Za-z0-9+/=_.~ -",
    minBytes: 27,
    maxBytes: 2060,
    samples: () => [`Authorization: Bearer ${digits(ALNUM, 40, "bearer")}`],
    nearMisses: () => ["Authorization: Bearer <token>", "bearer of bad news", `Bearer ${digits(ALNUM, 19, "bearer")}`],
  },
  {
    ...named({
      family: FAMILY,
      id: "basic-header",
      name: "name and password in an Authorization header",
      source: "RFC 7617",
      level: "strict",
      names: ["basic "],
      value: run(12, `${BASE64}=`, 400),
      check: "basic-pair",
    }),
    pattern: /basic {1,4}([A-Za-z0-9+/]{12,400}={0,2})/i,
    alphabet: `${BASE64}= `,
    minBytes: 18,
    maxBytes: 420,
    samples: () => [`Authorization: Basic ${Buffer.from(`bot:${digits(ALNUM, 20, "basic")}`).toString("base64")}`],
    nearMisses: () => ["Basic authentication", `Basic ${Buffer.from("user:password").toString("base64")}`],
  },
  {
    ...named({
      family: FAMILY,
      id: "unix-password-hash",
      name: "hash of a password, as in /etc/shadow",
      source: "crypt(5)",
      level: "strict",
      names: ["$6$", "$y$", "$5$"],
      value: run(40, ALNUM, 200),
    }),
    pattern: /\$(?:6|5|y)\$(?:rounds=[0-9]{1,9}\$|j[A-Za-z0-9./]{1,6}\$)?[A-Za-z0-9./]{1,32}\$[A-Za-z0-9./]{43,86}/,
    alphabet: "A-Za-z0-9.\\/$=",
    minBytes: 50,
    maxBytes: 160,
    left: "",
    samples: () => [`$6${"$"}${digits(ALNUM, 16, "salt")}$${digits(ALNUM, 86, "hash")}`],
    nearMisses: () => [`$6${"$"}${digits(ALNUM, 16, "salt")}$${digits(ALNUM, 40, "hash")}`],
  },
];
