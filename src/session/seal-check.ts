import type { Bottle, GuestLayout } from "../backends/backend.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Secret } from "../core/model/secret.ts";
import { judgeProbeReport, readProbeReport, type SealBreach } from "../core/wire/probe-report.ts";
import { SEAL_PROBE } from "./seal-probe.ts";
import { searchFor } from "./secret-search.ts";

const HEAD_LIMIT = 16 * 1024;

/**
 * Probes the bottle from inside before the agent gets it: every direct way out fails, the gateway answers, and nothing
 * that came in holds one of `secrets`. `supervise`: the MCP server must answer as well. The secrets stay out here: the probe streams out what it finds, and the host
 * searches it. Throws SEAL_BROKEN with every breach.
 */
export async function checkSeal(
  bottle: Bottle,
  guest: GuestLayout,
  secrets: readonly Secret[],
  supervise = false,
): Promise<void> {
  const { hostname, port } = new URL(guest.proxyUrl);
  const detector = searchFor(secrets);
  const found = new Set<string>();
  let head = Buffer.alloc(0);
  let split = -1;
  const result = await bottle.exec(
    {
      argv: ["/usr/bin/perl", "-", hostname, port, guest.network, supervise ? "mcp" : "", guest.home, guest.run],
      cwd: "/",
    },
    {
      stdin: Buffer.from(SEAL_PROBE),
      timeoutMs: 30_000,
      onStdout(chunk) {
        if (split < 0 && head.length < HEAD_LIMIT) {
          head = Buffer.concat([head, chunk]);
          split = head.indexOf("\n\n");
        }
        for (const name of detector.push(chunk)) found.add(name);
      },
    },
  );
  const report = split < 0 || result.code !== 0 ? null : readProbeReport(head.subarray(0, split).toString("latin1"));
  const breaches: SealBreach[] = [
    ...judgeProbeReport(report, guest.network, supervise),
    ...[...found].map((name) => ({ probe: `secret ${name}`, expected: "not inside", seen: "inside" })),
  ];
  if (breaches.length === 0) return;
  const [first] = breaches;
  throw new BottleError(
    "SEAL_BROKEN",
    `the bottle is not sealed: ${breaches.map((breach) => `${breach.probe}: expected ${breach.expected}, seen ${breach.seen}`).join("; ")}`,
    {
      hint:
        first?.probe === "report"
          ? `the probe needs perl and did not finish: ${result.stderr.toString("utf8").slice(0, 300)}`
          : first?.probe.startsWith("secret ")
            ? "its home, its environment or what came in holds the value: have it removed there, or take another value"
            : "nothing was started; bottle doctor says what this machine lacks",
    },
  );
}
