/** A request of git's smart HTTP protocol (gitprotocol-http(5)) to one repository of the gate. */
export interface GitRequest {
  readonly repository: string;
  readonly service: "git-upload-pack" | "git-receive-pack";
  /** `refs`: the first question of each fetch or push; `call`: what follows it. */
  readonly step: "refs" | "call";
}

export type GitRequestReading =
  | { readonly kind: "git"; readonly request: GitRequest }
  /** A longer name than that of a repository of the gate: git rewrote it by a prefix. `rest` follows the repository's own name. */
  | { readonly kind: "other"; readonly repository: string; readonly rest: string }
  | { readonly kind: "refused"; readonly status: 400 | 404 | 405; readonly why: string };

/** What stands after the first path segment in each rewritten URL, before what the client itself added. */
const BASE_SEGMENT = "repo";

/** The URL that `insteadOf` writes for a repository, below the gate's own. */
export function gateUrl(origin: string, repository: string): string {
  return `${origin}/git/${repository}/${BASE_SEGMENT}`;
}

/**
 * Reads `/git/<name>/repo[.git]/info/refs?service=...` and the two POSTs, exactly as git writes them; the older protocol
 * that reads files, and everything else, is refused.
 */
export function readGitRequest(method: string, target: string): GitRequestReading {
  if (target.length > 2048 || !/^[\x21-\x7e]+$/.test(target)) return refused(400, "not a request of git");
  const [, name, tail] = /^\/git\/([a-z0-9][a-z0-9-]{0,40})\/repo(.*)$/.exec(target) ?? [];
  if (name === undefined || tail === undefined) return refused(404, "no repository of the gate has this URL");
  const own = /^(?:\.git)?\/+(info\/refs|git-upload-pack|git-receive-pack)(?:\?(.*))?$/.exec(tail);
  if (own === null) {
    if (method === "GET" && /^[A-Za-z0-9._~+@/-]*\/info\/refs\?service=git-upload-pack$/.test(tail) && isLonger(tail)) {
      return { kind: "other", repository: name, rest: tail };
    }
    return refused(404, "the gate speaks git's smart protocol only");
  }
  const [, path = "", query] = own;
  if (path === "info/refs") {
    const service = /^service=(git-upload-pack|git-receive-pack)$/.exec(query ?? "")?.[1];
    if (method !== "GET") return refused(405, "GET");
    if (service === undefined) return refused(400, "no service is named; is this git older than 1.6.6?");
    return { kind: "git", request: { repository: name, service: service as GitRequest["service"], step: "refs" } };
  }
  if (method !== "POST") return refused(405, "POST");
  if (query !== undefined) return refused(400, "no query belongs here");
  return { kind: "git", request: { repository: name, service: path as GitRequest["service"], step: "call" } };
}

/** Of another repository, whose name only begins in the same way. */
function isLonger(tail: string): boolean {
  return !tail.startsWith("/") && !tail.split("/").some((segment) => segment === "." || segment === "..");
}

function refused(status: 400 | 404 | 405, why: string): GitRequestReading {
  return { kind: "refused", status, why };
}
