import { gitFetch } from "./git-fetch.ts";
import type { RulePack } from "./pack.ts";

/** A project is below a group and up to 20 subgroups (docs.gitlab.com, "Subgroups"); so many are enough for most. */
const DEPTHS = [2, 3, 4, 5, 6];

/**
 * `git clone` and `git fetch` over https from gitlab.com, archives, raw files, and reading projects by the REST API
 * (docs.gitlab.com/api: a project is its number or its encoded path). What belongs to a project stands behind `/-/`. LFS is
 * not among them: up- and downloads are asked for by the same POST.
 */
export const gitlabRead: RulePack = {
  name: "gitlab-read",
  allows: "git clone and fetch over https, archives, raw files, GET of projects by the API",
  refuses: "push, LFS, snippets, issues, GraphQL, every other write of the API, the rest of the site",
  places: [
    ...gitFetch("gitlab.com", DEPTHS),
    {
      host: "gitlab.com",
      paths: DEPTHS.flatMap((depth) => {
        const path = "/*".repeat(depth);
        return [`${path}/-/archive/*`, `${path}/-/raw/*`] as const;
      }),
      encoded: true,
    },
    { host: "gitlab.com", paths: ["/api/v4/projects/*"], queries: "any", encoded: true },
  ],
  risks: [],
};
