import type { Backend } from "../backends/backend.ts";
import { BottleError } from "../core/model/errors.ts";
import type { HostFacts } from "../core/model/host-facts.ts";
import { installDebianPackages } from "../host/debian-packages.ts";
import { gatherFacts } from "../host/facts.ts";

/**
 * Makes this machine fit for a bottle: installs the missing tools where that needs no question, and says in one line
 * what to type where it does. Answers the facts as they are then. Errors: HOST_UNFIT with what to mend.
 */
export async function makeHostFit(backend: Backend, facts: HostFacts, say: (line: string) => void): Promise<HostFacts> {
  // The demo has a git server of its own, whatever the backend needs.
  const missing = new Set<string>(facts.tools.git === undefined ? ["git"] : []);
  for (const finding of await backend.probe(facts)) {
    if (finding.level !== "error") continue;
    if (finding.debianPackage === undefined) throw unfit(finding.message, finding.mend);
    missing.add(finding.debianPackage);
  }
  if (missing.size === 0) return facts;
  const names = [...missing].sort();
  const outcome = await installDebianPackages(names, (line) => say(`demo: ${line}`));
  if (!outcome.ok) throw unfit(`${names.join(" and ")} must be installed, and ${outcome.why}`, outcome.type);
  const now = gatherFacts();
  const left = (await backend.probe(now)).find((finding) => finding.level === "error");
  if (left !== undefined) throw unfit(left.message, left.mend);
  return now;
}

const unfit = (message: string, hint: string | undefined): BottleError =>
  new BottleError("HOST_UNFIT", message, hint === undefined ? {} : { hint });
