import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PAUSE_MS } from "./pause.ts";
import { RuntimeError } from "./store.ts";

/** What crun runs, as its config.json says it (crates/smolvm-agent/src/oci.rs). */
export interface Process {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: { readonly uid: number; readonly gid: number; readonly additionalGids: readonly number[] };
}

/** Writes the bundle that all execs of a machine share, in place (OciSpec::write_to). */
export async function writeBundle(folder: string, process: Process): Promise<void> {
  const text = JSON.stringify({ ociVersion: "1.0.2", process }, null, 2);
  const middle = Math.floor(text.length / 2);
  const file = openSync(join(folder, "config.json"), "w");
  try {
    writeSync(file, text.slice(0, middle));
    await delay(PAUSE_MS);
    writeSync(file, text.slice(middle));
  } finally {
    closeSync(file);
  }
}

/** As crun reads it when it has come up, whoever wrote it. Rejects for one that is being written. */
export async function readBundle(folder: string): Promise<Process> {
  await delay(PAUSE_MS);
  try {
    return (JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as { process: Process }).process;
  } catch (error) {
    throw new RuntimeError(`agent operation failed: exec: crun: config.json: parse error: ${(error as Error).message}`);
  }
}
