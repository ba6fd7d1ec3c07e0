import assert from "node:assert/strict";
import { join } from "node:path";
import { RESULTS_LINE } from "../contract/results.ts";
import { runAsOrdinaryUser } from "./ordinary-run.ts";

/** Runs a file of the contract as an ordinary user, and passes on what it showed to whoever keeps it. */
export async function holdsForOrdinaryUser(file: string, engine: boolean): Promise<void> {
  const record = process.env.BOT_BOTTLE_RECORD;
  const more = record === undefined ? {} : { BOT_BOTTLE_RECORD: record };
  const path = join(import.meta.dirname, "../contract", file);
  const { code, output } = await runAsOrdinaryUser([path], more, engine);
  assert.equal(code, 0, output);
  assert.match(output, /ℹ pass [1-9]/);
  for (const line of output.split("\n")) if (line.startsWith(RESULTS_LINE)) console.log(line);
}
