import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import type { GitRepositoryDefinition } from "../core/model/definition.ts";
import { readGitRequest } from "../core/wire/git-request.ts";
import { createBottleCa } from "../gateway/certificate/bottle-ca.ts";
import { callBackend } from "../gitgate/http-backend.ts";
import { neutralGit } from "../host/git.ts";
import { openSshRepository, type SshRepository } from "./ssh-repository.ts";

/** What the bottle pushes to, by https and by ssh. */
export const PUSHED_BRANCH = "agent/work";
export const SSH_BRANCH = "agent/by-ssh";

const NAME = "upstream";
const USER = "demo";
const PACK_BYTES = 16 << 20;
const FIRST = `commit refs/heads/main
committer demo <demo@localhost> 1700000000 +0000
data 6
first
M 644 inline README
data 22
The demo's repository
`;

/** A real git server, for the git gate and nobody else. */
export interface GitServer {
  /** For the bottle's manifest. */
  readonly repository: GitRepositoryDefinition;
  /** The same repository behind ssh; it does not go away. */
  readonly ssh: SshRepository;
  /** Goes away as soon as it has been asked once more where its refs are. */
  leave(): void;
  /** Is there again; answers how often somebody came meanwhile. */
  comeBack(): number;
  readonly away: boolean;
  /** Where a ref of it is; "": there is none. */
  tip(ref: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * Serves `git http-backend` on loopback over TLS, to those who know the password that is in a file of `folder`. What goes
 * away keeps its port, and closes each connection before a byte was exchanged: another program could take the port. Beside
 * it an sshd serves the same repository.
 */
export async function openGitServer(folder: string, tools: Readonly<Record<string, string>>): Promise<GitServer> {
  const place = join(folder, "upstream");
  const hooks = join(place, "no-hooks");
  mkdirSync(hooks, { recursive: true, mode: 0o700 });
  const bare = join(place, `${NAME}.git`);
  const git = neutralGit(tools, bare);
  await git.run(["init", "--quiet", "--bare", "--template=", "--initial-branch=main"]);
  await git.run(["config", "http.receivepack", "true"]);
  await git.run(["fast-import", "--quiet"], { stdin: Buffer.from(FIRST) });
  const password = randomBytes(24).toString("base64url");
  const passwordFile = join(place, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const ca = createBottleCa("demo git server");
  const caFile = join(place, "ca.pem");
  writeFileSync(caFile, ca.caPem);
  const authorization = `Basic ${Buffer.from(`${USER}:${password}`).toString("base64")}`;

  let state: "there" | "leaving" | "away" = "there";
  let turnedAway = 0;
  const server = createServer(
    { ALPNProtocols: ["http/1.1"], SNICallback: (name, done) => done(null, ca.contextFor(name)) },
    (incoming, response) => {
      response.setHeader("connection", "close");
      if (incoming.headers.authorization !== authorization) return void response.writeHead(401).end();
      const reading = readGitRequest(incoming.method ?? "", incoming.url ?? "");
      if (reading.kind !== "git" || reading.request.repository !== NAME) return void response.writeHead(404).end();
      const { request } = reading;
      response.once("finish", () => {
        const told = request.service === "git-upload-pack" && request.step === "call";
        if (told && state === "leaving") state = "away";
      });
      const onHook = () => undefined;
      void callBackend(incoming, response, { tools, request, folder: place, hooks, packBytes: PACK_BYTES, onHook });
    },
  );
  server.prependListener("connection", (socket: Socket) => {
    if (state !== "away") return;
    turnedAway += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const ssh = await openSshRepository(place, tools, bare);
  return {
    repository: {
      url: `https://localhost:${port}/git/${NAME}/repo.git`,
      credential: { source: { file: passwordFile }, username: USER },
      ca: caFile,
      branches: ["agent/*"],
    },
    ssh,
    get away() {
      return state === "away";
    },
    leave: () => {
      state = "leaving";
      turnedAway = 0;
    },
    comeBack: () => {
      state = "there";
      return turnedAway;
    },
    tip: (ref) => git.line(["for-each-ref", "--format=%(objectname)", ref]),
    close: async () => {
      if (ssh.repository !== null) await ssh.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
