import { expandHome } from "../core/plan/home-path.ts";
import { readTextFile } from "../host/files.ts";
import type { CheckedFile, PlacedFault } from "./manifest-check.ts";

/** Reads the PEM file of each `dial.ca`, by the path as written; one that is none is a fault. */
export async function readCertificates(
  file: CheckedFile,
  home: string,
): Promise<{ readonly pems: Readonly<Record<string, string>>; readonly faults: readonly PlacedFault[] }> {
  const pems: Record<string, string> = {};
  const faults: PlacedFault[] = [];
  for (const [name, { definition, ruleIndexes }] of Object.entries(file.parts)) {
    for (const [at, { dial }] of (definition.egress?.rules ?? []).entries()) {
      if (dial?.ca === undefined) continue;
      const text = await readTextFile(expandHome(dial.ca, home));
      if (text.kind === "text" && text.text.includes("-----BEGIN CERTIFICATE-----")) pems[dial.ca] = text.text;
      else {
        const why =
          text.kind === "text" ? "holds no PEM certificate" : text.kind === "missing" ? "is missing" : text.why;
        faults.push(
          file.fault(["bottles", name, "egress", "rules", ruleIndexes[at] ?? at, "dial", "ca"], `${dial.ca} ${why}`),
        );
      }
    }
  }
  return { pems, faults };
}
