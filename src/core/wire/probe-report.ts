import type { GuestNetwork } from "../model/guest-network.ts";

/** What the seal probe said, as far as it can be believed: at most 64 known-shaped lines, each value at most 200 characters. */
export type ProbeReport = ReadonlyMap<string, string>;

/**
 * Reads the head of the seal probe's output (up to the empty line). The probe runs inside, so its words are parsed
 * like any other bytes from there: anything of another shape makes the whole report null.
 */
export function readProbeReport(head: string): ProbeReport | null {
  const report = new Map<string, string>();
  const lines = head.split("\n");
  if (lines.length > 64) return null;
  for (const line of lines) {
    const match = /^([A-Za-z0-9_]{1,32})=([\x20-\x7e]{0,200})$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined || report.has(match[1])) return null;
    report.set(match[1], match[2]);
  }
  return report;
}

/** One broken promise of the cage. */
export interface SealBreach {
  readonly probe: string;
  readonly expected: string;
  readonly seen: string;
}

type Expectation = readonly [probe: string, pattern: RegExp, meaning: string];

const refused = (...probes: readonly string[]) => probes.map((probe) => [probe, /^refused \d+$/, "refused"] as const);

const EVERYWHERE: readonly Expectation[] = [
  ["Uid", /^1000$/, "1000"],
  ["Gid", /^1000$/, "1000"],
  ...["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map((name) => [name, /^0+$/, "no capability"] as const),
  ["NoNewPrivs", /^1$/, "1"],
  ["Seccomp", /^2$/, "2 (filter)"],
  ["unix", /^0$/, "no abstract socket"],
  ...refused(
    ...["vsock", "packet", "alg", "netlink_other", "raw", "bluetooth", "xdp"].map((name) => `family_${name}`),
    ...["ipv4", "ipv6", "udp", "dns"].map((name) => `way_${name}`),
  ),
  ["gateway", /^403$/, "403 from the gateway"],
];
/** Nothing is loaded for a GET: the server is there, and has no stream to offer. */
const SUPERVISE: Expectation = ["mcp", /^405$/, "405 from supervise"];
const EXPECTED: Readonly<Record<GuestNetwork, readonly Expectation[]>> = {
  none: [...EVERYWHERE, ["devices", /^lo$/, "only lo"], ["routes", /^0$/, "no route"], ...refused("way_metadata")],
  "gateway-only": [
    ...EVERYWHERE,
    ["devices", /^eth0,lo$/, "only lo and eth0"],
    ["routes", /^[12]$/, "its own subnet, and a next hop at most"],
    // Who would carry a packet on, were there anybody.
    ...refused("way_nexthop"),
    ["neighbours", /^[01]$/, "nobody but the gateway"],
  ],
};

/**
 * Compares a report with what a sealed bottle on such a network shows; `supervise`: one with an MCP server. A probe that is missing counts as broken.
 */
export function judgeProbeReport(
  report: ProbeReport | null,
  network: GuestNetwork,
  supervise = false,
): readonly SealBreach[] {
  if (report === null) return [{ probe: "report", expected: "a readable report", seen: "none" }];
  return [...EXPECTED[network], ...(supervise ? [SUPERVISE] : [])]
    .filter(([probe, pattern]) => !pattern.test(report.get(probe) ?? ""))
    .map(([probe, , expected]) => ({ probe, expected, seen: report.get(probe) ?? "nothing" }));
}
