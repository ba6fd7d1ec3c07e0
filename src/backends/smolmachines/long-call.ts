import type { ErrorCode } from "../../core/model/errors.ts";
import { call, type Smolvm } from "./command-line.ts";

/**
 * Of what reads an image: smolvm itself gives that up after ten minutes, and with some GiB it takes more than two (issue 698 of
 * smolvm).
 */
export const LONG_MS = 11 * 60_000;
/** What a call gets to end by itself, once nobody wants what comes of it. */
const GRACE_MS = 20_000;

/** As `call`, for what may take minutes; cut short after an abort. */
export async function longCall(
  smolvm: Smolvm,
  args: readonly string[],
  signal: AbortSignal,
  code?: ErrorCode,
): Promise<void> {
  const cut = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    timer = setTimeout(() => cut.abort(), GRACE_MS);
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    await call(smolvm, args, { timeoutMs: LONG_MS, signal: cut.signal, ...(code !== undefined && { code }) });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
