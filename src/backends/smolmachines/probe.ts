import { BottleError } from "../../core/model/errors.ts";
import type { Finding } from "../../core/model/finding.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import { needFlock } from "./bring-up.ts";
import { releaseOf, smolvmHere } from "./command-line.ts";
import { checkIds } from "./identity.ts";
import { findImage, imageText } from "./image.ts";
import { mannerOf } from "./manner.ts";
import { describe } from "./manner-text.ts";
import { NEWEST_KNOWN, reaches, releaseText } from "./versions.ts";

/** What `doctor` says about smolvm: each with its mend. */
export async function probeMachines(facts: HostFacts): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  try {
    const smolvm = await smolvmHere();
    const release = await releaseOf(smolvm);
    const how = describe(mannerOf(release)).join("; ");
    findings.push({ id: "smolvm", level: "ok", message: `smolvm ${releaseText(release)}: ${how}` });
    if (mannerOf(release).bringUp === "one") needFlock();
    if (!reaches(NEWEST_KNOWN, release)) {
      findings.push({
        id: "smolvm-newer",
        level: "warning",
        message: `smolvm ${releaseText(release)} is newer than ${releaseText(NEWEST_KNOWN)}, the last one that was looked at`,
      });
    }
    checkIds(facts);
    findings.push({ id: "image", level: "ok", message: imageText(await findImage(null)) });
  } catch (error) {
    findings.push(findingOf(error));
  }
  return findings;
}

/** Why no machine of ours can be made here, or null. */
export async function machineLack(facts: HostFacts): Promise<string | null> {
  return (await probeMachines(facts)).find(({ level }) => level === "error")?.message ?? null;
}

function findingOf(error: unknown): Finding {
  const known = error instanceof BottleError ? error : null;
  return {
    id: String(known?.facts?.finding ?? "smolvm-failed"),
    level: "error",
    message: known?.message ?? String(error),
    ...(known?.hint !== undefined && { mend: known.hint }),
  };
}
