import { gitFetch } from "./git-fetch.ts";
import type { RulePack } from "./pack.ts";

/**
 * `git clone` and `git fetch` over https, archives, raw files, release downloads, and reading repositories by the REST API.
 * gitprotocol-http(5): a fetch asks for `info/refs?service=git-upload-pack` and then POSTs to `git-upload-pack`; a push
 * differs in the query and in the last word, and both are refused (attack row 115). Archives and release files are
 * redirected (docs.github.com, "Download a repository archive", "Releases"); those of releases with a signed query. LFS is
 * not among them: up- and downloads are asked for by the same POST.
 */
export const githubRead: RulePack = {
  name: "github-read",
  allows: "git clone and fetch over https, archives, raw files, release downloads, GET of repositories by the API",
  refuses: "push, LFS, gists, issues, GraphQL, every other write of the API, the rest of the site",
  places: [
    ...gitFetch("github.com"),
    {
      host: "github.com",
      paths: ["/*/*/archive/*", "/*/*/raw/*", "/*/*/releases/download/*", "/*/*/releases/latest/download/*"],
      encoded: true,
    },
    { host: "codeload.github.com", paths: ["/*/*/*"], encoded: true },
    { host: "raw.githubusercontent.com", paths: ["/*/*/*"], encoded: true },
    {
      host: "release-assets.githubusercontent.com",
      paths: ["/github-production-release-asset/*"],
      queries: "any",
      signed: ["azure-sas-signature", "jwt"],
    },
    {
      host: "objects.githubusercontent.com",
      paths: ["/github-production-release-asset-2e65be/*"],
      queries: "any",
      signed: ["aws-access-key-id"],
    },
    { host: "api.github.com", paths: ["/repos/*"], queries: "any", encoded: true },
  ],
  risks: [],
};
