import type { PackPlace } from "./pack.ts";

/** What git sends in one piece at most unless told otherwise: `http.postBuffer`, git-config(1). */
const NEGOTIATION_BYTES = 1 << 20;

/**
 * `git clone` and `git fetch` over https at a host whose repositories have so many names in their path. gitprotocol-http(5):
 * a fetch asks for `info/refs?service=git-upload-pack` and then POSTs to `git-upload-pack`; a push differs in the query and
 * in the last word, and both are refused (attack row 115).
 */
export function gitFetch(host: string, depths: readonly number[] = [2]): readonly PackPlace[] {
  const repositories = depths.map((depth) => "/*".repeat(depth));
  return [
    { host, paths: repositories.map((path) => `${path}/info/refs` as const), queries: ["service=git-upload-pack"] },
    { host, paths: repositories.map((path) => `${path}/git-upload-pack` as const), postBytes: NEGOTIATION_BYTES },
  ];
}
