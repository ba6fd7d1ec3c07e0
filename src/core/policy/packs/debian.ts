import type { PackPlace, RulePack } from "./pack.ts";

/** As sources.list(5) of a Debian system names them, by http or https; apt verifies signatures either way (apt-secure(8)). */
const places = (["https", "http"] as const).flatMap((scheme): readonly PackPlace[] => [
  { scheme, host: "deb.debian.org", paths: ["/debian/*", "/debian-security/*"], encoded: true },
  { scheme, host: "security.debian.org", paths: ["/debian-security/*", "/dists/*", "/pool/*"], encoded: true },
]);

/** `apt-get update`, `apt-get install`, `apt-get download`. Measured with apt 2.6: `~` in names is asked for as `%7e`. */
export const debian: RulePack = {
  name: "debian",
  allows: "apt-get update, install, download and source",
  refuses: "bug reports, uploads, other mirrors",
  places,
  risks: [],
};
