import type { AttackSection } from "./row.ts";

export const HTTP_SYNTAX: AttackSection = {
  title: "HTTP syntax, smuggling and tunnels",
  rows: [
    {
      row: 43,
      attack: "Content-Length and Transfer-Encoding together (CVE-2021-39214, CVE-2022-24766)",
      must: "400; what passes is framed anew, in one way",
    },
    {
      row: 44,
      attack: "Content-Length twice, as a list, signed or with blanks (CVE-2026-1525)",
      must: "400; the same of a response",
    },
    {
      row: 45,
      attack: "Transfer-Encoding in disguise: `xchunked`, `chunked, identity`, odd blanks",
      must: "400: only `chunked`, once",
    },
    { row: 46, attack: "Transfer-Encoding with HTTP/1.0", must: "400" },
    {
      row: 47,
      attack: "folded lines, blank before the colon, bare LF, bare CR, NUL (RFC 9112)",
      must: "400; the lenient parser is never used",
    },
    {
      row: 48,
      attack: "chunk extensions, `0x` sizes, chunks that end in LF, endless chunk lines (CVE-2024-22019)",
      must: "refused or capped; extensions and trailers are not passed on",
    },
    {
      row: 49,
      attack: "more header fields than Node keeps, the one that matters last",
      must: "431 far below that number; nothing is cut silently",
    },
    {
      row: 50,
      attack: "`__proto__`, `x_api_key` beside `x-api-key` (CVE-2026-21710)",
      must: "fields are never properties; twins of a field that the gateway judges or writes are a 400",
    },
    {
      row: 51,
      attack: "`Connection: authorization` to have a field removed on the way",
      must: "listed fields go, then the credential is written: none can remove it",
    },
    { row: 52, attack: "a second request behind an allowed one (pipelining)", must: "each request is judged" },
    { row: 53, attack: "upgrade to h2c", must: "refused; only a WebSocket that a rule lists is upgraded" },
    {
      row: 54,
      attack: "HTTP/2 on the HTTP/1 port, and its downgrade (GHSA-847f-9342-265h)",
      must: "ALPN offers http/1.1 alone; the preface is refused",
    },
    {
      row: 55,
      attack: "an Upgrade that the origin does not answer with 101, to smuggle what follows",
      must: "raw bytes pass only after a real 101",
    },
    {
      row: 56,
      attack: "a WebSocket as a free tunnel",
      must: "by rule only, without extensions, with a byte budget, messages of the agent searched",
    },
    { row: 57, attack: "CONNECT inside an inspected tunnel", must: "405" },
    {
      row: 58,
      attack: "CONNECT to ports such as 22, 25, 2375, 6379",
      must: "the port is part of a rule, 443 unless it says otherwise",
    },
    {
      row: 59,
      attack: "no TLS in a tunnel to 443: ssh, raw data, silence",
      must: "a ClientHello within 10 s, else the tunnel ends",
    },
    {
      row: 60,
      attack: "a CONNECT with a body, or bytes before its 200",
      must: "refused, or read as the tunnel's beginning; never as another request",
    },
    { row: 61, attack: "TRACE, TRACK, `OPTIONS *`, methods that nobody knows", must: "405 or 501" },
    {
      row: 62,
      attack: "another method by a field or a parameter: `X-HTTP-Method-Override`, `_method`",
      must: "the fields are stripped; a parameter's method must be allowed too",
      partial: "judged in the query, in forms and in JSON; not in JSON that is sent compressed",
    },
    {
      row: 63,
      attack: "paths that servers read differently: `/a/../b`, `%2e%2e`, `%2f`, `//`, `;x`, `\\`, `%00`, case",
      must: "refused where a rule names paths; the bytes that were judged are the bytes that are sent",
    },
    {
      row: 64,
      attack: "query or fragment that looks like an allowed path: `/x?/allowed`",
      must: "only the path is compared, from its beginning to its end",
    },
    {
      row: 65,
      attack: "one URL that does everything: GraphQL, JSON-RPC",
      must: "a rule for the body, or said to be full access",
    },
    { row: 66, attack: "a GET with a body as a quiet channel", must: "framed and searched like any body" },
    {
      row: 67,
      attack: "`Expect: 100-continue` to have the body judged late",
      must: "the head is judged before the 100, the body before or while it passes",
    },
    {
      row: 68,
      attack: "an origin that splits or smuggles responses (GHSA-35p6-xmwp-9g52)",
      must: "strict parser, one response to a request, no connection shared by two bottles",
    },
    {
      row: 69,
      attack: "CR LF in the value of a field or of an upgrade (CVE-2026-1527)",
      must: "every value that goes out is checked",
    },
    { row: 70, attack: "a response moves the client to HTTP/3 by Alt-Svc", must: "stripped; and there is no UDP" },
    {
      row: 71,
      attack:
        "an HTTP/2 origin that attacks its client (CVE-2023-44487, CVE-2024-27983, CVE-2025-8671, CVE-2025-59465, CVE-2026-21714)",
      must: "HTTP/1.1 alone is spoken to origins",
    },
  ],
};
