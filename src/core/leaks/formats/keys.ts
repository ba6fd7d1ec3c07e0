import type { TokenFormat } from "../token-format.ts";
import { digits } from "./invented.ts";
import { named } from "./named.ts";
import { BASE64, familyOf, run, WORD } from "./shape.ts";

const FAMILY = "keys";
const row = familyOf(FAMILY);
const BASE58 = "1-9A-HJ-NP-Za-km-z";
const BLOCK = `[${BASE64}=\\s\\\\"',:.()*>#|]`;

function keyBlock(label: string, lines: number, end = "\n"): string {
  const body = Array.from({ length: lines }, (_, i) => digits(BASE64, 64, `${label} ${i}`));
  return [`${"-".repeat(5)}BEGIN ${label}-----`, ...body, `${"-".repeat(5)}END ${label}-----`].join(end);
}

export const KEYS: readonly TokenFormat[] = [
  {
    id: "private-key",
    name: "private key, PEM or OpenPGP",
    family: FAMILY,
    source: "RFC 7468, RFC 1421, RFC 9580 section 6.2; OpenSSH's PROTOCOL.key",
    level: "default",
    keywords: ["-----BEGIN "],
    // Lines may be broken, quoted, indented or escaped in any way: source code and JSON hold keys too. One that was cut off
    // (`head key.pem`) ends with its last long run of digits: behind it are the quotes of the JSON that holds it.
    lead: null,
    minBytes: 100,
    pattern: new RegExp(
      `-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:${BLOCK}|-(?!----))+(?:-----END [A-Z0-9 ]{0,40}-----|$|(?<=[${BASE64}=]{24}))`,
    ),
    alphabet: null,
    maxBytes: 4096,
    left: "",
    right: "",
    body: BLOCK.slice(1, -1),
    check: "pem-body",
    samples: () => [
      keyBlock("PRIVATE KEY", 26),
      keyBlock("RSA PRIVATE KEY", 40, "\\n"),
      keyBlock("EC PRIVATE KEY", 2, '\\n" +\n  "'),
      keyBlock("OPENSSH PRIVATE KEY", 5, "\r\n"),
      keyBlock("PGP PRIVATE KEY BLOCK", 30, "\n").replace("\n", "\nVersion: 1\nComment: a-b\n\n"),
      keyBlock("ENCRYPTED PRIVATE KEY", 100),
    ],
    nearMisses: () => [
      keyBlock("PUBLIC KEY", 6),
      keyBlock("CERTIFICATE", 20),
      keyBlock("PRIVATE KEY", 0),
      keyBlock("PRIVATE KEY", 0, "\n...\n"),
      keyBlock("PRIVATE KEY", 3).replaceAll(/^[^-].*/gm, "MIIE..."),
    ],
  },
  {
    ...row(
      "putty-private-key",
      "PuTTY private key",
      ["Private-Lines: ", run(1, "0-9", 3)],
      "PuTTY manual, appendix C: PPK file format",
    ),
    pattern: new RegExp(`Private-Lines: [0-9]{1,3}([${BASE64}=\\\\\\s]{60,4060})`),
    alphabet: `${BASE64}=\\s\\\\:\\-`,
    minBytes: 60,
    maxBytes: 4096,
    left: "",
    right: "",
    check: "pem-body",
    samples: () => [`Private-Lines: 2\n${digits(BASE64, 64, "ppk 1")}\n${digits(BASE64, 44, "ppk 2")}\nPrivate-MAC: 0`],
    nearMisses: () => ["Private-Lines: 2\n", "Private-Lines: 1\nAAAA\nPrivate-MAC: 0"],
  },
  row(
    "age-secret-key",
    "age secret key",
    ["AGE-SECRET-KEY-1", run(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")],
    "C2SP: age-encryption.org/v1",
  ),
  row("nostr-secret-key", "Nostr secret key", ["nsec1", run(58, "qpzry9x8gf2tvdw0s3jn54khce6mua7l")], "NIP-19"),
  row(
    "bip32-private-key",
    "extended private key of a wallet",
    ["xprv9s21ZrQH143K", run(95, BASE58)],
    "BIP 32, serialization format",
  ),
  named({
    family: FAMILY,
    id: "wireguard-private-key",
    name: "WireGuard private key",
    source: "wireguard.com: wg(8), configuration file format",
    names: ["privatekey"],
    value: run(44, "A-Za-z0-9+/="),
    check: "entropy:4",
  }),
  named({
    family: FAMILY,
    id: "jwk-private-key",
    name: "JSON Web Key, private part",
    source: "RFC 7518 sections 6.2.2 and 6.3.2",
    names: ['"d"', '"d\\"'],
    value: run(43, WORD, 1400),
    check: "entropy:4",
    left: "",
  }),
];
