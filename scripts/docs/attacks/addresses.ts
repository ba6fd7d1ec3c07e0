import type { AttackSection } from "./row.ts";

export const ADDRESSES: AttackSection = {
  title: "Addresses and DNS",
  rows: [
    { row: 25, attack: "an IP address as host", must: "denied unless a rule names that very address" },
    {
      row: 26,
      attack: "`2130706433`, `0x7f000001`, `0177.0.0.1`, `127.1`, `0` (CVE-2023-42282, CVE-2024-29415)",
      must: "400: a last label that is a number is no name",
    },
    {
      row: 27,
      attack: "IPv4 in IPv6: `::ffff:127.0.0.1`, `::127.0.0.1`",
      must: "judged by the address that it carries",
    },
    {
      row: 28,
      attack: "NAT64 (`64:ff9b::/96`), 6to4, Teredo, ISATAP",
      must: "denied, whatever address they carry",
    },
    {
      row: 29,
      attack:
        "CGNAT, `192.0.0.0/24`, `198.18.0.0/15`, `240.0.0.0/4`, multicast, `fc00::/7`, `fe80::/10`, `::`, `0.0.0.0/8`",
      must: "every range of the IANA special-purpose registries is denied",
    },
    {
      row: 30,
      attack:
        "cloud metadata (`169.254.169.254`, `100.100.100.200`, `168.63.129.16`, `fd00:ec2::254` and others), also by a name",
      must: "always denied, with an alert; no rule can allow it",
    },
    { row: 31, attack: "a public address of the host itself", must: "addresses of its own interfaces are denied" },
    {
      row: 32,
      attack: "DNS rebinding: a public answer first, a private one later (CVE-2018-14505)",
      must: "looked up once, every answer judged, exactly a judged address dialled",
    },
    { row: 33, attack: "one answer with public and private addresses", must: "one bad address denies the set" },
    {
      row: 34,
      attack: "a kept connection used again after policy or address changed",
      must: "connections are told apart by policy version and pinned address",
    },
    {
      row: 35,
      attack: "an allowed name is an alias (CNAME) of something private",
      must: "judged by the final addresses; the chain is in the log",
      partial:
        "the log has the address, not the chain of names: the system's resolver does not tell it, and asking a name server for it would be one more query that carries the name",
    },
    {
      row: 36,
      attack: "a redirect to a private address",
      must: "the gateway follows none; the client's next request is judged anew",
    },
    {
      row: 37,
      attack: "an allowed name that leads to a service on the host's loopback (as CVE-2025-9074)",
      must: "loopback is denied but for a rule that names address and port",
    },
    {
      row: 38,
      attack: "a denied name leaks by being looked up (CVE-2025-55284)",
      must: "policy first: no query for a denied name",
    },
    {
      row: 39,
      attack: "search domains, `/etc/hosts`, names of one label",
      must: "absolute names only; a single label needs a rule of its own",
    },
    {
      row: 40,
      attack: "a tunnel through DNS from inside: port 53, TXT, long labels (ATT&CK T1048)",
      must: "there is no resolver inside, and no way to one",
    },
    {
      row: 41,
      attack: "DNS over HTTPS, TLS or QUIC at a public resolver",
      must: "not listed, so denied; port 853 never",
    },
    {
      row: 42,
      attack: "data in the labels of names below an allowed wildcard",
      must: "labels are searched for secrets before any lookup; how many names below one wildcard are looked up in an hour has a limit, with an alert",
    },
  ],
};
