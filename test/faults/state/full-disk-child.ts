/** Runs on a small tmpfs (argv: its folder). Prints one JSON object with what happened when it was full. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BottleError } from "../../../src/core/model/errors.ts";
import { isErrno, isTempName, writeFileAtomically } from "../../../src/host/files.ts";
import { openAudit } from "../../../src/state/audit.ts";
import { verifyAudit } from "../../../src/state/audit-reader.ts";

const folder = process.argv[2] ?? "";
const path = join(folder, "audit.jsonl");
const filler = join(folder, "filler");
const small = join(folder, "policy.json");

async function outcome(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "written",
    (error: unknown) =>
      error instanceof BottleError && error.code === "STATE_UNUSABLE" && isErrno(error.cause, "ENOSPC")
        ? "ENOSPC"
        : String(error),
  );
}

await writeFileAtomically(small, "old");
writeFileSync(filler, Buffer.alloc(160 * 1024));
const log = await openAudit(path);
const event = { type: "session", event: "fill", detail: "x".repeat(700) } as const;
const outcomes: string[] = [];
// In batches, so that some are torn by the full disk in the middle of a write.
while (!outcomes.includes("ENOSPC") && outcomes.length < 2000) {
  outcomes.push(...(await Promise.all(Array.from({ length: 16 }, () => outcome(log.append(event))))));
}
const headWhenFull = log.head();
const whenFull = await verifyAudit(path, headWhenFull.hash);
const replace = await outcome(writeFileAtomically(small, "n".repeat(64 * 1024)));
const kept = readFileSync(small, "utf8");
const temps = readdirSync(folder).filter(isTempName).length;
rmSync(filler);
const afterwards = await outcome(log.append(event));
await log.close();
const whenFree = await verifyAudit(path, log.head().hash);
const written = outcomes.filter((word) => word === "written").length;
console.log(
  JSON.stringify({
    outcomes: [...new Set(outcomes)],
    written,
    headWhenFull,
    whenFull,
    replace,
    kept,
    temps,
    afterwards,
    whenFree,
  }),
);
