import { gitFetch } from "./git-fetch.ts";
import type { RulePack } from "./pack.ts";

/**
 * `git clone` and `git fetch` over https from bitbucket.org, archives, raw files, and reading repositories by the REST API
 * (developer.atlassian.com, "Bitbucket Cloud REST API"). Uploaded downloads are not among them: they are redirected to a
 * bucket with a signed query.
 */
export const bitbucketRead: RulePack = {
  name: "bitbucket-read",
  allows: "git clone and fetch over https, archives, raw files, GET of repositories by the API",
  refuses: "push, LFS, snippets, downloads, pull requests, every other write of the API, the rest of the site",
  places: [
    ...gitFetch("bitbucket.org"),
    { host: "bitbucket.org", paths: ["/*/*/get/*", "/*/*/raw/*"], encoded: true },
    { host: "api.bitbucket.org", paths: ["/2.0/repositories/*"], queries: "any", encoded: true },
  ],
  risks: [],
};
