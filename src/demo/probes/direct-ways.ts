import type { GuestNetwork } from "../../core/model/guest-network.ts";
import { type ProbeReport, readProbeReport } from "../../core/wire/probe-report.ts";
import { run } from "../../host/exec.ts";
import { LURE_WAYS, WAYS_PROGRAM, waysOf } from "../inside/ways.ts";
import { LURE_WORD, type Lures } from "../lures.ts";
import type { DemoBottle, ProbeResult } from "../session-port.ts";

export const DIRECT_WAYS = "no direct way out";

const PERL = "/usr/bin/perl";

/**
 * Every way around the gateway fails, with the proxy variables unset. The same program is run on the host first, where
 * it must reach what the demo put there: a listener that is not there would prove nothing.
 */
export async function probeDirectWays(bottle: DemoBottle, lures: Lures): Promise<ProbeResult> {
  const { network } = bottle;
  const where = [network, String(lures.port), lures.abstractName, lures.socketPath];
  const stdin = Buffer.from(WAYS_PROGRAM);
  const control = await run(
    { argv: [PERL, "-", "lures", ...where], env: { PATH: "/usr/bin:/bin" } },
    { stdin, timeoutMs: 20_000, maxBytes: 4096 },
  );
  const onHost = readReport(control.stdout);
  const there = LURE_WAYS.filter((name) => onHost?.get(name) === `open ${LURE_WORD}`);
  const before = lures.touched();

  const tried = await bottle.exec([PERL, "-", "all", ...where], { stdin });
  const inside = readReport(tried.stdout);
  const through = lures.touched() - before;
  // A refusal of the next hop is an answer: somebody is there.
  const nobody = inside?.get("next_hop") !== "refused ECONNREFUSED";
  const open = waysOf(network).filter(([name]) => !/^refused /.test(inside?.get(name) ?? ""));
  const closed = isClosed(inside, network);
  const gateway = inside?.get("gateway_to_host") ?? "none";
  const ok =
    there.length === LURE_WAYS.length &&
    open.length === 0 &&
    nobody &&
    closed &&
    gateway === "403" &&
    through === 0 &&
    tried.code === 0;
  return {
    name: DIRECT_WAYS,
    ok,
    evidence: [
      closed
        ? ONLY[network]
        : `inside there are ${inside?.get("devices") ?? "nothing known"} and ${inside?.get("neighbours") ?? "unknown"} neighbours`,
      ...outcomes(inside, network),
      `the same program on the host reached ${there.length} of ${LURE_WAYS.length} listeners; from inside ${through} came through`,
      `the host's loopback through the gateway: ${gateway}`,
    ],
  };
}

const ONLY: Readonly<Record<GuestNetwork, string>> = {
  none: "inside there is only lo, and no route",
  "gateway-only": "inside there is lo, and a network on which the gateway is the only neighbour",
};

function isClosed(report: ProbeReport | null, network: GuestNetwork): boolean {
  if (network === "none") return report?.get("devices") === "lo" && report.get("routes") === "0";
  const devices = report?.get("devices")?.split(",").sort().join();
  return devices === "eth0,lo" && report?.get("neighbours") === "1";
}

/** The ways by what came of them: `ENETUNREACH: IPv4, IPv6`. */
function outcomes(report: ProbeReport | null, network: GuestNetwork): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const [name, words] of waysOf(network)) {
    const said = report?.get(name) ?? "no answer";
    const outcome = said.startsWith("refused ") ? said.slice("refused ".length) : `NOT REFUSED (${said})`;
    groups.set(outcome, [...(groups.get(outcome) ?? []), words]);
  }
  return [...groups].map(([outcome, words]) => `${outcome}: ${words.join(", ")}`);
}

const readReport = (stdout: Buffer): ProbeReport | null => readProbeReport(stdout.toString("latin1").trimEnd());
