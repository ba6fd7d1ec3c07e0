import type { AttackSection } from "./row.ts";

export const NAMING: AttackSection = {
  title: "Names and authority",
  rows: [
    {
      row: 1,
      attack: "CONNECT names an allowed host, the ClientHello's SNI another",
      must: "splice ends before a byte is relayed; inspect mints no leaf for the other name",
    },
    {
      row: 2,
      attack: "the tunnel's host is allowed, the Host field inside names another (domain fronting, ATT&CK T1090.004)",
      must: "421, nothing forwarded",
    },
    { row: 3, attack: "a URI in absolute-form inside the tunnel names another host", must: "421" },
    { row: 4, attack: "plain proxy request whose URI and Host field differ (RFC 9112 3.2.2)", must: "400" },
    { row: 5, attack: "two Host fields, of which Node would keep the first", must: "400, judged on the raw fields" },
    { row: 6, attack: "a spliced tunnel without SNI, or with an address as SNI", must: "denied: nothing to verify" },
    {
      row: 7,
      attack: "Encrypted ClientHello: an allowed outer name, another one inside",
      must: "splice refuses a hello that offers ECH",
    },
    {
      row: 8,
      attack: "a dot at the end: `example.com.` (CVE-2022-24825)",
      must: "one dot means the same host, more are malformed; no rule is missed by it",
    },
    { row: 9, attack: "user information: `api.example.com:443@evil.test`", must: "any `@` is a 400" },
    { row: 10, attack: "CONNECT without a port, or with `0`, `65536`, `+443`, ` 443`", must: "400" },
    {
      row: 11,
      attack: "`[[::1]]`, `[::1%eth0]` and other bracket junk (CVE-2022-29188)",
      must: "400 by a strict grammar",
    },
    { row: 12, attack: "`evil-example.com` against a rule for `example.com`", must: "whole labels are compared" },
    {
      row: 13,
      attack: "`example.com.evil.test`; a `*` that stands for too much",
      must: "patterns are anchored; `*` is one or more whole labels at the left, nowhere else",
    },
    { row: 14, attack: "the bare domain against `*.domain`", must: "never fits; it needs an entry of its own" },
    { row: 15, attack: "upper and mixed case", must: "ASCII letters are folded before anything is compared" },
    {
      row: 16,
      attack: "look-alike, full-width and circled letters, soft hyphens, `ß` (UTS 46)",
      must: "400: only A-labels are names, and nothing is made canonical by the URL parser",
    },
    {
      row: 17,
      attack: "NUL in the host: `evil.com\\0.allowed.com`",
      must: "400; the value that was judged is the one that is dialled",
    },
    { row: 18, attack: "TAB, CR, LF or a backslash in a URI's host", must: "400" },
    { row: 19, attack: "percent-encoding in the host, `%2e`", must: "400" },
    {
      row: 20,
      attack: "two parsers read one text differently, one judging and one dialling",
      must: "it is read once; what is dialled comes from what was read",
    },
    { row: 21, attack: "a label of 64 characters, a name of more than 253", must: "400" },
    { row: 22, attack: "an empty list of rules taken as no restriction (CVE-2025-66479)", must: "empty denies all" },
    {
      row: 23,
      attack: "a configuration that is missing or cannot be read, at the start or at a reload (as CVE-2026-25725)",
      must: "no start; a bad new policy is refused and the present one stays",
    },
    { row: 24, attack: "port 80 left open where 443 is filtered", must: "one policy for every scheme" },
  ],
};
