/**
 * Stands in place of `smolvm` where only `pack create` is asked for: pulls as a strict client does, takes its time, and
 * writes the two files in pieces. PACK_MAKER_LOG gets one byte for each call; PACK_MAKER_FAULT is what goes wrong:
 * `fails`, `killed`, `nothing`, `waits`.
 */
import { appendFileSync, openSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { pullImage } from "./registry-client.ts";

const [pack, create, ...words] = process.argv.slice(2);
const wordAfter = (flag: string) => words[words.indexOf(flag) + 1] ?? "";
const { PACK_MAKER_LOG: log = "/dev/null", PACK_MAKER_FAULT: fault = "" } = process.env;
if (pack !== "pack" || create !== "create" || words.length !== 5 || !words.includes("--no-sign")) process.exit(2);
appendFileSync(log, "x");
try {
  const { config, layers } = await pullImage(wordAfter("-I"));
  const output = wordAfter("-o");
  for (const path of [output, `${output}.smolmachine`]) {
    if (fault === "nothing") break;
    const file = openSync(path, "w", 0o755);
    for (const piece of [config, ...layers]) {
      for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
      await delay(5); // a pack takes longer than a moment
    }
    if (fault === "killed") process.kill(process.pid, "SIGKILL");
    if (fault === "fails") throw new Error("the layers could not be merged");
    if (fault === "waits") await pullForever();
  }
} catch (error) {
  process.stderr.write(`Error: agent operation failed: pack: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

/** Until the registry is gone. */
async function pullForever(): Promise<void> {
  for (;;) {
    await pullImage(wordAfter("-I"));
    await delay(5); // another try of many
  }
}
