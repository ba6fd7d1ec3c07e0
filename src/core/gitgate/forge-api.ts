import type { RemoteUrl } from "./remote-url.ts";

/** Root of an API: https, no user, no query. */
const API = /^https:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?:\/[A-Za-z0-9._~-]+)*\/?$/i;

/** Why this cannot be the root of a forge's API; null: it can. */
export function forgeApiProblem(text: string): string | null {
  if (text.length > 500) return "longer than 500 characters";
  if (!API.test(text) || !URL.canParse(text)) return "https://host/path, without user, query and %";
  return text.split("/").some((part) => part === "." || part === "..") ? "a path without . and .." : null;
}

/** Owner and name, where a path is just these two; null: it is not. */
export function ownerAndName(path: string): { readonly owner: string; readonly repository: string } | null {
  const [owner = "", repository = "", ...rest] = path.split("/");
  return owner === "" || repository === "" || rest.length > 0 ? null : { owner, repository };
}

/** Where a Gitea beside this repository has its API, unless the manifest says otherwise. */
export function giteaApi({ host }: Pick<RemoteUrl, "host">, api: string | undefined): string {
  return (api ?? `https://${host}/api/v1`).replace(/\/$/, "");
}

/** GitHub's own API is pinned to its own host; null: an Enterprise server's has to be given. */
export function githubApi({ host }: Pick<RemoteUrl, "host">, api: string | undefined): string | null {
  if (host === "github.com") return "https://api.github.com";
  return api === undefined ? null : api.replace(/\/$/, "");
}
