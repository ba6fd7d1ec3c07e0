import type { TokenFormat } from "../token-format.ts";
import { digits } from "./invented.ts";
import { BASE64 } from "./shape.ts";

const FAMILY = "keys";
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
    // Lines may be broken, quoted, indented or escaped in any way: source code and JSON hold keys too.
    pattern: new RegExp(
      `-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:${BLOCK}|-(?!----))+(?:-----END [A-Z0-9 ]{0,40}-----)?`,
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
];
