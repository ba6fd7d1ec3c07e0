import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";
import { listenOn, originCa } from "./gateway/origin.ts";

/** A git server over https on loopback, with `o/r.git` in it; it takes pushes, so that only a gateway keeps them out. */
export interface GitOrigin {
  readonly port: number;
  /** PEM file of the CA that signs it. */
  readonly ca: string;
  /** `METHOD URL` of each request. */
  readonly seen: string[];
  /** The repository itself. */
  readonly bare: string;
  close(): Promise<void>;
}

const NEUTRAL = {
  PATH: process.env.PATH ?? "/usr/bin:/bin",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@a.test",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@a.test",
};

/** Serves real git (git-http-backend(1)) from a repository made in `folder`; to those who send this `Authorization` only. */
export async function openGitOrigin(
  folder: string,
  authorization?: string | ((sent: string) => boolean),
): Promise<GitOrigin> {
  const bare = join(folder, "o", "r.git");
  const work = join(folder, "work");
  mkdirSync(work, { recursive: true });
  const git = (cwd: string, ...args: string[]) => {
    const done = spawnSync("git", args, { cwd, env: NEUTRAL, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`git ${args.join(" ")}: ${done.stderr}`);
  };
  git(work, "init", "-q", "-b", "main");
  writeFileSync(join(work, "README"), "from upstream\n");
  git(work, "add", ".");
  git(work, "commit", "-q", "-m", "first");
  git(folder, "clone", "-q", "--bare", work, bare);
  git(bare, "config", "http.receivepack", "true");
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, originCa.caPem);
  const seen: string[] = [];
  const server = createServer(
    { SNICallback: (name, done) => done(null, originCa.contextFor(name)), ALPNProtocols: ["http/1.1"] },
    (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      const sent = request.headers.authorization ?? "";
      const known = typeof authorization === "function" ? authorization(sent) : sent === (authorization ?? sent);
      if (!known) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
        return;
      }
      serve(folder, request, response);
    },
  );
  const port = await listenOn(server);
  return {
    port,
    ca,
    seen,
    bare,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** One request through the CGI (RFC 3875). */
function serve(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const env = {
    ...NEUTRAL,
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: "1",
    REQUEST_METHOD: request.method ?? "",
    PATH_INFO: path,
    QUERY_STRING: query,
    CONTENT_TYPE: request.headers["content-type"] ?? "",
    HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
    GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
    REMOTE_USER: "anybody",
  };
  const cgi = spawn("git", ["-c", "safe.directory=*", "http-backend"], { env, stdio: ["pipe", "pipe", "inherit"] });
  request.pipe(cgi.stdin);
  cgi.stdin.on("error", () => undefined);
  let head: Buffer | null = Buffer.alloc(0);
  cgi.stdout.on("data", (piece: Buffer) => {
    if (head === null) {
      if (!response.write(piece)) {
        cgi.stdout.pause();
        response.once("drain", () => cgi.stdout.resume());
      }
      return;
    }
    head = Buffer.concat([head, piece]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    for (const line of head.toString("latin1", 0, end).split("\r\n")) {
      const [name = "", value = ""] = line.split(/: (.*)/s);
      if (name === "Status") response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
    head = null;
  });
  response.once("close", () => cgi.kill());
  cgi.once("close", () => response.end());
}

/** Where the repository is for git. */
export function originUrl({ port }: Pick<GitOrigin, "port">): string {
  return `https://localhost:${port}/o/r.git`;
}

/** A manifest: this server's repository as `app`, with the token of UPSTREAM_TOKEN, and asked about; `more` of the bottle. */
export function originManifest(
  origin: Pick<GitOrigin, "port" | "ca">,
  more: Readonly<Record<string, string>> = {},
): string {
  const app = {
    url: originUrl(origin),
    credential: { source: { env: "UPSTREAM_TOKEN" }, username: "bot" },
    ca: origin.ca,
    branches: ["bot/{bottle}/*"],
    ask: true,
  };
  const git = { name: "A", email: "a@a.test", repos: { app } };
  return JSON.stringify({ bottles: { default: { ...more, git } } });
}
