import { gitFetch } from "./git-fetch.ts";
import type { RulePack } from "./pack.ts";

/** The public servers of Gitea and of Forgejo. */
const HOSTS = ["gitea.com", "codeberg.org"];

/**
 * `git clone` and `git fetch` over https, archives, raw files, release downloads, and reading repositories by the REST API
 * (docs.gitea.com/api; routers/web/web.go). LFS is not among them: up- and downloads are asked for by the same POST.
 */
export const giteaRead: RulePack = {
  name: "gitea-read",
  allows: "git clone and fetch over https, archives, raw files, release downloads, GET of repositories by the API",
  refuses: "push, LFS, issues, packages, every other write of the API, the rest of the site, other servers",
  places: HOSTS.flatMap((host) => [
    ...gitFetch(host),
    { host, paths: ["/*/*/archive/*", "/*/*/raw/*", "/*/*/releases/download/*"] as const, encoded: true },
    { host, paths: ["/api/v1/repos/*"] as const, queries: "any" as const, encoded: true },
  ]),
  risks: [],
};
