import { crc32Base62 } from "../../../src/core/leaks/crc32.ts";

/** A made-up GitHub token with a sound checksum, put together here, so that no scanner finds a token in a test. */
export function githubToken(seed = "aZ3bY7cX9d"): string {
  const body = seed.repeat(30).slice(0, 30);
  return `${"gh"}p_${body}${crc32Base62(body)}`;
}
