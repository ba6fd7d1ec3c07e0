import type { Bottle } from "../backends/backend.ts";

/**
 * Did the way into a bottle break, and not the command end? What held it (the client of an engine that died) ends with a
 * code of its own then, which must not be taken for the command's; that nobody can be asked about the bottle tells it.
 * Says why. A bottle that is gone is no such case: its commands were killed, and their code says so.
 */
export async function brokenEntry(bottle: Bottle, code: number, say: (line: string) => void): Promise<boolean> {
  if (code === 0) return false;
  try {
    await bottle.status();
    return false;
  } catch (error) {
    say(`bottle: it is not known how the command ended: ${error instanceof Error ? error.message : String(error)}`);
    return true;
  }
}
