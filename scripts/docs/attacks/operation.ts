import type { AttackSection } from "./row.ts";

export const OPERATION: AttackSection = {
  title: "Resources, logs and control",
  rows: [
    {
      row: 121,
      attack: "heads and bodies a byte at a time, a client that does not read",
      must: "10 s for a head, a limit on standing still, back-pressure both ways",
    },
    { row: 122, attack: "a huge head, many fields", must: "431 above 16 KiB or 100 fields" },
    {
      row: 123,
      attack: "a huge body, an endless one, an endless answer",
      must: "streamed and never kept; a limit for each rule and a budget for each bottle",
    },
    {
      row: 124,
      attack: "compression bombs, encodings in a row (CVE-2026-22036)",
      must: "nothing is decoded without limits",
    },
    { row: 125, attack: "a flood of tunnels or connections", must: "503 above a limit; the others are served" },
    {
      row: 126,
      attack: "a flood of names to have leaves minted",
      must: "only for allowed names, by one signature, in a bounded cache",
    },
    {
      row: 127,
      attack: "a handshake that makes a callback throw (CVE-2026-21637)",
      must: "one tunnel ends, nothing else",
    },
    { row: 128, attack: "a resolver or an upstream that never answers", must: "given up within 5 to 10 s" },
    {
      row: 129,
      attack: "line ends, escape sequences, direction marks, huge fields in what is logged",
      must: "one JSON line each, escaped and capped; escaped again where it is shown",
    },
    {
      row: 130,
      attack: "a flood of log lines, a full disk",
      must: "denials of a flood are counted; without a line nothing is forwarded",
    },
    {
      row: 131,
      attack: "log lines changed or left out",
      must: "a chain of hashes, the line before the deed, a file of the host alone",
    },
    {
      row: 132,
      attack: "questions until the operator says yes, to a look-alike, or for another body",
      must: "a grant is for exactly what was shown, and ends",
    },
    {
      row: 133,
      attack: "the agent, or a page in a browser, reaches the control of bottles (CVE-2018-14505, CVE-2025-23217)",
      must: "a socket of the operator alone, never the bottle's listener",
    },
    {
      row: 134,
      attack: "the gateway dies, and everything is open",
      must: "there is no other way out; the cage ends with its host process",
    },
    {
      row: 135,
      attack: "an old connection lives on under the old policy",
      must: "tunnels and exchanges that the new one does not allow are cut",
    },
    { row: 136, attack: "refusals tell what would be allowed", must: "a reason and an id; the rest is in the log" },
  ],
};
