import { printable } from "../wire/printable.ts";

const OTHER_HOST_KEY =
  /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|No \S+ host key is known|no matching host key type/i;
const OWN_WORDS =
  /Permission denied|^ssh: |timed out|Connection (?:closed|reset|refused)|kex_exchange_identification|Timeout, server/i;
const GITS_WORDS = /^(?:fatal|error|warning|remote|hint): /;

/**
 * What went wrong with a server that is reached by ssh, on one line; null when ssh and the server said nothing. Git
 * itself only says that it could not read.
 */
export function sshComplaint(stderr: string): string | null {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !GITS_WORDS.test(line));
  if (lines.some((line) => OTHER_HOST_KEY.test(line))) {
    return "it does not show the key that `hostKey` in the manifest names; it was changed, or somebody stands between";
  }
  const said = lines.find((line) => OWN_WORDS.test(line)) ?? lines[0];
  return said === undefined ? null : printable(said, 300);
}
