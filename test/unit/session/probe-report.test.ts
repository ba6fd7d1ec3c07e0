import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeProbeReport, readProbeReport } from "../../../src/core/wire/probe-report.ts";
import fc from "../../support/properties.ts";

const SEALED = `Uid=1000
Gid=1000
CapInh=0000000000000000
CapPrm=0000000000000000
CapEff=0000000000000000
CapBnd=0000000000000000
CapAmb=0000000000000000
NoNewPrivs=1
Seccomp=2
devices=lo
routes=0
unix=0
family_alg=refused 97
family_bluetooth=refused 97
family_netlink_other=refused 97
family_packet=refused 97
family_raw=refused 1
family_vsock=refused 97
family_xdp=refused 97
way_dns=refused 101
way_ipv4=refused 101
way_metadata=refused 101
way_udp=refused 101
way_ipv6=refused 101
gateway=403`;

/** The same in a bottle with its gateway on a network of theirs. */
const WITH_GATEWAY = SEALED.replace("devices=lo", "devices=eth0,lo\nneighbours=1")
  .replace("routes=0", "routes=2")
  .replace("way_metadata=refused 101", "way_nexthop=refused 113");

test("a sealed bottle's report has no breach", () => {
  assert.deepEqual(judgeProbeReport(readProbeReport(WITH_GATEWAY), "gateway-only"), []);
  assert.deepEqual(judgeProbeReport(readProbeReport(SEALED), "none"), []);
});

test("row 142: every single line matters: another value or a missing line is a breach that names it", () => {
  const reports = { none: SEALED, "gateway-only": WITH_GATEWAY } as const;
  const all = (["none", "gateway-only"] as const).flatMap((network) => {
    const lines = reports[network].split("\n");
    return lines.map((line, index) => ({ network, lines, line, index }));
  });
  for (const { network, lines, line, index } of all) {
    const name = line.slice(0, line.indexOf("="));
    const changed = lines.with(index, `${name}=open`).join("\n");
    assert.deepEqual(
      judgeProbeReport(readProbeReport(changed), network).map((breach) => breach.probe),
      [name],
    );
    const missing = lines.toSpliced(index, 1).join("\n");
    assert.deepEqual(
      judgeProbeReport(readProbeReport(missing), network).map((breach) => breach.probe),
      [name],
    );
  }
});

test("row 153: a report that does not look like one is a breach, never a pass", () => {
  assert.equal(readProbeReport(`${SEALED}\nUid=1000`), null);
  assert.equal(readProbeReport(`${SEALED}\n\u001b[2J=1`), null);
  assert.equal(readProbeReport(Array.from({ length: 65 }, (_, n) => `k${n}=1`).join("\n")), null);
  assert.equal(judgeProbeReport(null, "none").length, 1);
  fc.assert(
    fc.property(fc.string(), (text) => assert.notDeepEqual(judgeProbeReport(readProbeReport(text), "none"), [])),
  );
});
