import { once } from "node:events";

/**
 * Writes data to stdout at the pace of its reader; false when there is no reader any more (`| head`), and nothing needs
 * to be found out for it.
 */
export async function writePaced(data: string | Uint8Array): Promise<boolean> {
  const { stdout } = process;
  if (readerGone()) return false;
  if (data.length === 0 || stdout.write(data)) return true;
  const ended = new AbortController();
  const end = () => ended.abort();
  stdout.once("close", end);
  stdout.once("error", end);
  await once(stdout, "drain", { signal: ended.signal }).catch(() => undefined);
  stdout.off("close", end);
  stdout.off("error", end);
  return !readerGone();
}

/** Nobody reads stdout any more: what follows something for it ends. */
export function readerGone(): boolean {
  return gone;
}

let gone = false;
// Node revives its stdout after an error: nothing else remembers one.
process.stdout.once("error", () => {
  gone = true;
});
