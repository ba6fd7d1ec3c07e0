import assert from "node:assert/strict";
import { judgeProbeReport, readProbeReport } from "../../../src/core/wire/probe-report.ts";
import { bytesOf, type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const KEYS = [
  ..."Uid Gid CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp devices routes unix gateway neighbours".split(" "),
  ..."vsock packet alg netlink_other raw bluetooth xdp".split(" ").map((name) => `family_${name}`),
  ..."ipv4 ipv6 udp dns metadata nexthop".split(" ").map((name) => `way_${name}`),
];
const VALUES = [
  "1000",
  "0",
  "0000000000000000",
  "1",
  "2",
  "lo",
  "403",
  "refused 97",
  "refused",
  "1000 ",
  "lo eth0",
  "eth0,lo",
];

/** The values that a sealed bottle shows, written down a second time. */
function isSealed(report: ReadonlyMap<string, string>, alone: boolean): boolean {
  const is = (key: string, pattern: RegExp) => pattern.test(report.get(key) ?? "");
  return (
    ["Uid", "Gid"].every((key) => report.get(key) === "1000") &&
    KEYS.filter((key) => key.startsWith("Cap")).every((key) => is(key, /^0+$/)) &&
    KEYS.filter((key) => /^(?:family|way)_/.test(key) && key !== (alone ? "way_nexthop" : "way_metadata")).every(
      (key) => is(key, /^refused [0-9]+$/),
    ) &&
    report.get("NoNewPrivs") === "1" &&
    report.get("Seccomp") === "2" &&
    (alone
      ? report.get("devices") === "lo" && report.get("routes") === "0"
      : report.get("devices") === "eth0,lo" && is("routes", /^[12]$/) && is("neighbours", /^[01]$/)) &&
    report.get("unix") === "0" &&
    report.get("gateway") === "403"
  );
}

export const target: FuzzTarget = {
  name: "probe-report",
  promise: "rows 142, 153: no words of the probe but those of a sealed bottle pass for one",
  parsers: ["src/core/wire/probe-report.ts"],
  input: fc.oneof(
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES)), { maxLength: 30 })
      .map((lines) => bytesOf(lines.map((it) => it.join("=")).join("\n"))),
    wordsOf([...KEYS, "=", "\n", "\u001b[2J", "1000"], 10),
  ),
  runs: 5000,
  check: (input) => {
    const text = input.toString("latin1");
    const report = readProbeReport(text);
    for (const [key, value] of report ?? []) {
      assert.match(key, /^\w{1,32}$/);
      assert.match(value, /^[\x20-\x7e]{0,200}$/);
      assert.equal(text.split("\n").filter((line) => line.startsWith(`${key}=`)).length, 1);
    }
    for (const network of ["none", "gateway-only"] as const) {
      const sealed = report !== null && isSealed(report, network === "none");
      assert.equal(judgeProbeReport(report, network).length === 0, sealed);
    }
    return report !== null;
  },
};
