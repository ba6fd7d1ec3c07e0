import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach } from "node:test";
import { compileNeedles } from "../../../src/core/leaks/needles.ts";
import { createRedactor } from "../../../src/core/leaks/redactor.ts";
import type { AuditEvent } from "../../../src/core/model/audit.ts";
import type { GitRepositoryDefinition } from "../../../src/core/model/definition.ts";
import type { Proposal } from "../../../src/core/model/proposal.ts";
import { Secret } from "../../../src/core/model/secret.ts";
import { gateConfigText, planRepositories } from "../../../src/core/plan/git-repositories.ts";
import { createGitGate, type GitGate } from "../../../src/gitgate/gate.ts";
import { startRemoteServices } from "../../../src/session/remote-services.ts";
import { policyOf } from "../gateway/fixture.ts";
import { listenOn } from "../gateway/origin.ts";
import { type GitOrigin, openGitOrigin } from "../git-origin.ts";
import { openSshOrigin, type SshOrigin } from "../git-ssh-origin.ts";
import { programPath } from "../needs.ts";
import type { LocalPlace } from "../sidecar/place.ts";

export interface GitRun {
  readonly code: number | null;
  /** Both streams, as they came. */
  readonly said: string;
}

/** A git gate on loopback in front of a real git server, and git as an agent would run it; no bottle around it. */
export interface GateWorld {
  readonly folder: string;
  readonly origin: GitOrigin;
  /** In worlds that are reached by ssh. */
  readonly sshd: SshOrigin;
  readonly gate: GitGate;
  /** Folder of the mirrors. */
  readonly mirrors: string;
  readonly events: AuditEvent[];
  readonly alerts: string[];
  /** Pushes that the operator was asked about. */
  readonly shown: Proposal[];
  /** URL of the repository as the world outside knows it. */
  readonly url: string;
  /** Runs git as the agent does, in a folder. */
  git(cwd: string, ...args: string[]): Promise<GitRun>;
  /** As `git`; throws what was said unless it ended with 0. */
  sure(cwd: string, ...args: string[]): Promise<string>;
  /** Git in the server's own repository. */
  upstream(...args: string[]): string;
  /** A clone through the gate, in a folder of its own. */
  clone(...args: string[]): Promise<string>;
  /** What was pushed and how that ended: reason for reason. */
  verdicts(): string[];
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly repository?: Partial<GitRepositoryDefinition>;
  readonly known?: readonly { readonly name: string; readonly value: string }[];
  /** The gate is reached through a sidecar that runs there, as where the gateway runs beside the bottle. */
  readonly place?: LocalPlace;
  /** How long a push is held, where the repository asks. */
  readonly askMs?: number;
  readonly canaries?: readonly { readonly name: string; readonly value: string }[];
  /** Programs of the host beside git, or in its place. */
  readonly tools?: Readonly<Record<string, string>>;
  /** Ids of token formats that may leave. */
  readonly ignore?: readonly string[];
  /** The server is reached by ssh, with a key of this kind. */
  readonly ssh?: { readonly keyType?: string; readonly key?: (origin: SshOrigin) => string | Promise<string> };
  /** Makes the git that agents run, and the gate's own, in this folder. */
  readonly client?: (folder: string) => string;
  readonly host?: (folder: string) => string;
  /** Folder of what gates share. */
  readonly seeds?: string;
  /** Folder of mirrors that another gate made. */
  readonly mirrors?: string;
  /** A server of another world, which closes it. */
  readonly origin?: GitOrigin;
  /** What the gate says to the server. */
  readonly token?: string;
}

/** What the server of a world takes, of the user `bot`. */
export const SERVER_TOKEN = "the-token-of-the-server-000111222";

/** What opens worlds for the tests of a file, each closed after its test. */
export function gateWorlds(): (options?: WorldOptions) => Promise<GateWorld> {
  const worlds: GateWorld[] = [];
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close();
  });
  return async (options) => {
    const world = await openGateWorld(options);
    worlds.push(world);
    return world;
  };
}

export async function openGateWorld({
  repository = {},
  known = [],
  canaries = [],
  askMs = 1000,
  tools = {},
  ignore = [],
  seeds,
  mirrors: given,
  origin: others,
  token = SERVER_TOKEN,
  place,
  ssh,
  client,
  host = gitPath,
}: WorldOptions = {}): Promise<GateWorld> {
  const folder = mkdtempSync(join(tmpdir(), "gate-"));
  const home = join(folder, "home");
  mkdirSync(home);
  const server = join(folder, "server");
  mkdirSync(server);
  const origin =
    others ?? (await openGitOrigin(server, `Basic ${Buffer.from(`bot:${SERVER_TOKEN}`).toString("base64")}`));
  const sshd = ssh === undefined ? null : await openSshOrigin(join(folder, "sshd"), ssh.keyType);
  const url =
    sshd === null
      ? `https://localhost:${origin.port}/o/r.git`
      : `ssh://${userInfo().username}@localhost:${sshd.port}${origin.bare}`;
  const value = sshd === null ? token : readFileSync((await ssh?.key?.(sshd)) ?? sshd.key, "utf8");
  const definition: GitRepositoryDefinition = {
    url,
    ...(sshd === null
      ? { credential: { source: { env: "TOKEN" }, username: "bot" }, ca: origin.ca }
      : { key: sshd.key, hostKey: sshd.hostKey }),
    branches: ["bot/{bottle}/*"],
    ...repository,
  };
  const { repositories, problems } = planRepositories({ app: definition }, "b", home, askMs);
  if (problems.length > 0) throw new Error(problems.join("; "));
  const set = (list: WorldOptions["known"] = []) => {
    const reading = list.length === 0 ? null : compileNeedles(list);
    if (reading?.ok === false) throw new Error("too short");
    return reading?.set ?? null;
  };
  const values = [...known, { name: "git app", value }];
  const needles = { known: set(values), canaries: set(canaries) };
  const events: AuditEvent[] = [];
  const alerts: string[] = [];
  const shown: Proposal[] = [];
  const desk = { show: async (proposal: Proposal) => void shown.push(proposal), withdraw: () => undefined };
  const mirrors = given ?? join(folder, "mirrors");
  const gate = createGitGate({
    repositories,
    folder: mirrors,
    seeds: seeds ?? null,
    tools: { git: host(folder), ...programs("ssh", "setpriv"), ...tools },
    secret: () => new Secret("git app", value),
    search: () => ({
      search: { ...needles, patterns: true },
      allowed: ({ name }) => ignore.includes(name),
      redactor: createRedactor(set([...values, ...canaries])),
    }),
    audit: { append: async (event) => void events.push(event) },
    onAlert: (text) => alerts.push(text),
    desk,
  });
  const front = createServer(gate.handle);
  const remote =
    place === undefined
      ? null
      : await startRemoteServices(
          {
            bottle: "b",
            policy: policyOf([]),
            secrets: () => Promise.reject(new Error("none")),
            ownAddresses: () => [],
            audit: { append: async (event) => void events.push(event) },
            onAlert: (text) => alerts.push(text),
            services: { git: gate.handle },
          },
          place,
        );
  const port = remote?.ports()[0] ?? (await listenOn(front));
  const config = join(home, ".gitconfig");
  const text = `${gateConfigText(repositories, `http://127.0.0.1:${port}`)}[user]\nname = A\nemail = a@a.test\n[init]\ndefaultBranch = main\n[safe]\ndirectory = *\n`;
  (await import("node:fs")).writeFileSync(config, text);
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: home,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_SSL_CAINFO: origin.ca,
  };
  const program = client?.(folder) ?? "git";
  let clones = 0;
  const git = (cwd: string, ...args: string[]): Promise<GitRun> =>
    new Promise((resolve) => {
      const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (said += String(piece)));
      child.once("close", (code) => resolve({ code, said }));
    });
  const sure = async (cwd: string, ...args: string[]): Promise<string> => {
    const { code, said } = await git(cwd, ...args);
    if (code !== 0) throw new Error(`git ${args.join(" ")}: ${said}`);
    return said.trim();
  };
  return {
    folder,
    origin,
    get sshd() {
      if (sshd === null) throw new Error("no world with ssh");
      return sshd;
    },
    gate,
    mirrors,
    events,
    alerts,
    shown,
    url,
    git,
    sure,
    upstream: (...args) => {
      const done = spawnSync("git", ["-C", origin.bare, ...args], { env, encoding: "utf8" });
      if (done.status !== 0) throw new Error(`git ${args.join(" ")}: ${done.stderr}`);
      return done.stdout.trim();
    },
    clone: async (...args) => {
      clones += 1;
      const into = join(folder, `clone-${clones}`);
      await sure(folder, "clone", "-q", ...args, url, into);
      return into;
    },
    verdicts: () => events.flatMap((event) => (event.type === "git" && event.action === "push" ? [event.reason] : [])),
    close: async () => {
      front.closeAllConnections();
      if (front.listening) await new Promise((resolve) => front.close(resolve));
      await remote?.close();
      await gate.close();
      await sshd?.close();
      if (others === undefined) await origin.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function gitPath(): string {
  return spawnSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).stdout.trim();
}

/** Those of them that are installed, by name. */
function programs(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const path = programPath(name);
      return path === null ? [] : [[name, path]];
    }),
  );
}
