import type { AttackSection } from "./row.ts";

export const LEAKS: AttackSection = {
  title: "Leaks",
  rows: [
    {
      row: 105,
      attack: "a plain secret in path, query, host label, field, cookie",
      must: "every text of the request is searched before any lookup",
    },
    {
      row: 106,
      attack: "base64 at every offset, base32, hex, nested percent, unicode escapes, HTML entities",
      must: "derived forms of known secrets are searched; patterns with bounded decoding",
      partial:
        "not found: of known values what was encoded before and then in base64, base32 or hex; of tokens base32, hex with separators, and a fourth layer",
    },
    {
      row: 107,
      attack: "a compressed request body",
      must: "decoded within limits, or denied where bodies are searched",
    },
    { row: 108, attack: "a secret cut over chunks or segments", must: "found at every cut" },
    {
      row: 109,
      attack: "a secret cut over query parameters, JSON or form fields",
      must: "values are joined before a second search, with a limit that is written down",
      partial:
        "over query parameters, cookies, values and names of JSON, fields of forms and bodies of parts: within 16 KiB, in their order, with nothing between; a token in up to eight pieces of 8 bytes on average. Not found: other layouts, pieces in another order, tokens that are escaped or have no end of their own (private keys, JWT)",
    },
    {
      row: 110,
      attack: "a secret cut over many requests",
      must: "a window and a budget for each host, with a limit that is written down",
      partial:
        "for each host the short texts (up to 64 bytes) of path, query, fields and bodies up to 1 KiB are put together, each place for itself, in the order of requests, and searched for the middle half of known values: up to three quarters have left by then, more of a value shorter than 24 characters. Not found: tokens, pieces in another order or with others between, a new place for each, several hosts, encoded bodies, WebSocket messages, encryption",
    },
    {
      row: 111,
      attack: "multipart: file names, heads of parts, boundary, base64 parts",
      must: "searched raw, heads included; the number of parts has a limit",
      partial: "parts are not counted, and quoted-printable is not decoded",
    },
    {
      row: 112,
      attack: "archives, images, PDF, git packs, protobuf",
      must: "a rule for opaque types: denied or counted",
    },
    {
      row: 113,
      attack: "zero-width and confusable characters, case, reversal, rot13, encryption",
      must: "cheap ones are folded; encryption cannot be seen, hence few hosts and budgets",
      partial:
        "known values are found reversed, tokens are not; characters of no width and full-width letters are folded for tokens, not for known values; letters of other scripts that look alike, and ciphers, hide both",
    },
    {
      row: 114,
      attack: "an allowed host as the drop: gist, issue, release, package, paste",
      must: "rules for method and path that deny what writes; the plan names a rule that does not",
    },
    {
      row: 115,
      attack: "`git push` of secrets, or to a remote of the attacker",
      must: "receive-pack is denied over https; pushes go by the git gate",
    },
    {
      row: 116,
      attack: "a secret in a merge, tag, author, file name, binary or deleted commit",
      must: "all of it is searched before a push",
    },
    {
      row: 117,
      attack: "WebSocket frames in fragments, binary or masked",
      must: "messages are searched across their fragments, compressed or broken frames end the connection",
    },
    {
      row: 118,
      attack: "timing, order of requests, choice among allowed URLs",
      must: "nothing can; limits and the log",
      outOfScope: "a channel to an allowed host cannot be closed, only kept narrow by few hosts",
    },
    {
      row: 119,
      attack: "false alarms that stop work: hashes, lockfiles, sample keys",
      must: "warn or ask; allow one finding by its fingerprint",
    },
    {
      row: 120,
      attack: "patterns that take for ever (ReDoS)",
      must: "a linear engine, or vetted patterns with a time limit",
    },
  ],
};
