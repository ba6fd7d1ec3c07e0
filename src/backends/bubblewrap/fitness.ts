import type { HostFacts } from "../../core/model/host-facts.ts";
import { kernelFindings, probeHost, readKernel } from "./probe.ts";
import { toolFindings } from "./tools.ts";

/** Set where AppArmor decides by program who may make user namespaces (Ubuntu 23.10 and later). */
const RESTRICTED = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";

/** Why no cage can be made here, or null. A real cage is tried only where nothing else could tell. */
export async function lackOf(facts: HostFacts): Promise<string | null> {
  if (facts.platform !== "linux") return `it needs Linux, this is ${facts.platform}`;
  const quick = [...toolFindings(facts), ...kernelFindings(readKernel)];
  const restricted = facts.uid !== 0 && readKernel(RESTRICTED).trim() === "1";
  const findings = quick.length === 0 && restricted ? await probeHost(facts) : quick;
  return findings.find(({ level }) => level === "error")?.message ?? null;
}
