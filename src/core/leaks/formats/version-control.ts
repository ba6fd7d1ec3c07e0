import { crc32Base62 } from "../crc32.ts";
import type { TokenFormat } from "../token-format.ts";
import { digits } from "./invented.ts";
import { ALNUM, run, type ShapeOptions, shaped, WORD } from "./shape.ts";

const FAMILY = "version-control";
const GITHUB = "github.blog, 2021-04-05: Behind GitHub's new authentication token formats";

/** Samples with the right checksum, and near misses with a wrong one. */
function checksummed(prefix: string): ShapeOptions {
  const body = digits(ALNUM, 30, prefix);
  return {
    check: "github-crc32",
    samples: () => [prefix + body + crc32Base62(body)],
    nearMisses: () => [prefix + body + crc32Base62(`${body}x`)],
  };
}

export const VERSION_CONTROL: readonly TokenFormat[] = [
  shaped(
    FAMILY,
    "github-personal-token",
    "GitHub personal access token",
    ["ghp_", run(36, ALNUM)],
    GITHUB,
    checksummed("ghp_"),
  ),
  shaped(
    FAMILY,
    "gitlab-personal-token",
    "GitLab personal access token",
    ["glpat-", run(20, WORD)],
    "docs.gitlab.com: Token overview, prefixes",
  ),
];
