import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, globSync, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { newerGitProblem } from "./newer-git.ts";

/** The program's absolute path on PATH (or in the system's administration folders), or null. */
export function programPath(name: string): string | null {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  for (const folder of folders) {
    if (!folder.startsWith("/")) continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** An ordinary user to run things as when the tests run as root: the account `tester` if there is one, else a bare number. */
export function ordinaryUser(): { readonly uid: number; readonly gid: number } {
  const line = /^tester:[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8"));
  return line === null ? { uid: 1500, gid: 1500 } : { uid: Number(line[1]), gid: Number(line[2]) };
}

/** argv prefix that runs a command as the ordinary user, with no supplementary groups. Needs `ordinary-user`. */
export function asOrdinaryUser(): readonly string[] {
  const { uid, gid } = ordinaryUser();
  return ["setpriv", "--reuid", String(uid), "--regid", String(gid), "--clear-groups", "--"];
}

/** Socket of the engine that DOCKER_HOST names; null where it is reached in another way. */
function engineSocket(): string | null {
  const host = process.env.DOCKER_HOST || "unix:///var/run/docker.sock";
  return host.startsWith("unix://") ? host.slice("unix://".length) : null;
}

/** As `asOrdinaryUser`, in the group that may use the engine besides. Needs `engine-user`. */
export function asEngineUser(): readonly string[] {
  const socket = engineSocket();
  const group = String(socket === null ? 0 : statSync(socket).gid);
  return asOrdinaryUser().map((word) => (word === "--clear-groups" ? `--groups=${group}` : word));
}

/** The real Claude Code program for tests: BOT_BOTTLE_CLAUDE, else the one that the agent rack put into the cache, else null. */
export function claudeBinary(): string | null {
  const named = process.env.BOT_BOTTLE_CLAUDE;
  if (named !== undefined && named !== "") return runs(named, ["--version"]) ? named : null;
  const cache = process.env.XDG_CACHE_HOME || join(process.env.HOME || "/nonexistent", ".cache");
  const found = globSync("bot-bottle/agents/**/claude", { cwd: cache })
    .map((path) => join(cache, path))
    .filter((path) => statSync(path).isFile())
    .sort();
  return found.at(-1) ?? null;
}

/** The real Codex CLI for tests: BOT_BOTTLE_CODEX, else one in the cache of agents, else null. Its folder is `bin` of its package. */
export function codexBinary(): string | null {
  const named = process.env.BOT_BOTTLE_CODEX;
  if (named !== undefined && named !== "") return runs(named, ["--version"]) ? named : null;
  const cache = process.env.XDG_CACHE_HOME || join(process.env.HOME || "/nonexistent", ".cache");
  const found = globSync("bot-bottle/agents/**/bin/codex", { cwd: cache })
    .map((path) => join(cache, path))
    .filter((path) => statSync(path).isFile())
    .sort();
  return found.at(-1) ?? null;
}

function runs(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore", timeout: 20_000 }).status === 0;
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Can control groups with a pids limit be made: v1 as root, v2 in a delegated subtree. */
function cgroupsUsable(): boolean {
  if (writable("/sys/fs/cgroup/pids/cgroup.procs")) return true;
  const own = /^0::(\/.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
  return own !== undefined && writable(join("/sys/fs/cgroup", own, "cgroup.subtree_control"));
}

/** Why the engine that DOCKER_HOST or the context names does not answer, or null. */
function engineProblem(): string | null {
  if (programPath("docker") === null) return "docker is not installed";
  return runs("docker", ["version"]) ? null : "no container engine answers (see DOCKER_HOST and `docker context ls`)";
}

function hasRuntime(name: string): boolean {
  const { stdout } = spawnSync("docker", ["info", "--format", "{{json .Runtimes}}"], {
    encoding: "utf8",
    timeout: 20_000,
  });
  return stdout.includes(`"${name}":`);
}

const onPath = (program: string) => () => (programPath(program) === null ? `${program} is not installed` : null);

/** What a test can ask for. Each check answers null, or the reason why the need is not met. */
const CHECKS = {
  bubblewrap: () => {
    if (programPath("bwrap") === null) return "bubblewrap is not installed";
    const works = runs("bwrap", ["--unshare-user", "--unshare-net", "--ro-bind", "/", "/", "true"]);
    return works ? null : "bubblewrap cannot make a user and a network namespace here";
  },
  root: () => (process.getuid?.() === 0 ? null : "needs root"),
  "ordinary-user": () => {
    if (process.getuid?.() !== 0) return "needs root, to become an ordinary user";
    const [program = "", ...args] = asOrdinaryUser();
    return runs(program, [...args, "true"]) ? null : "setpriv cannot become an ordinary user";
  },
  "engine-user": () => {
    if (process.getuid?.() !== 0) return "needs root, to become an ordinary user";
    const problem = engineProblem();
    if (problem !== null) return problem;
    const socket = engineSocket();
    if (socket === null || statSync(socket).gid === 0) return "the engine's socket belongs to no group of users";
    const [program = "", ...args] = asEngineUser();
    return runs(program, [...args, "docker", "version"])
      ? null
      : "an ordinary user of its group does not reach the engine";
  },
  cgroup: () => (cgroupsUsable() ? null : "no control group in which a limit can be set"),
  claude: () =>
    claudeBinary() === null ? "no Claude Code program (set BOT_BOTTLE_CLAUDE, or run the demo once)" : null,
  codex: () => (codexBinary() === null ? "no Codex CLI (set BOT_BOTTLE_CODEX to bin/codex of its npm package)" : null),
  docker: engineProblem,
  "docker-images": () =>
    engineProblem() ??
    (runs("docker", ["image", "inspect", "localhost/bot-bottle/claude:latest", "localhost/bot-bottle/sidecar:latest"])
      ? null
      : "the engine has no images of ours (as root: scripts/test-images)"),
  "docker-unseen": () =>
    existsSync(process.env.BOT_BOTTLE_TEST_UNSEEN ?? "")
      ? null
      : "no folder that the engine does not see is named by BOT_BOTTLE_TEST_UNSEEN (.ci/engine makes one)",
  runsc: () => engineProblem() ?? (hasRuntime("runsc") ? null : "the engine has no runtime called runsc"),
  "docker-compose": onPath("docker-compose"),
  tmux: onPath("tmux"),
  perl: onPath("perl"),
  python3: onPath("python3"),
  openssl: onPath("openssl"),
  curl: onPath("curl"),
  gcc: onPath("gcc"),
  git: onPath("git"),
  gitleaks: onPath("gitleaks"),
  "newer-git": newerGitProblem,
  sshd: () => {
    const missing = ["sshd", "ssh", "ssh-keygen"].find((program) => programPath(program) === null);
    return missing === undefined ? null : `${missing} is not installed`;
  },
  npm: onPath("npm"),
  groff: onPath("groff"),
  zsh: onPath("zsh"),
  fish: onPath("fish"),
  dash: onPath("dash"),
  script: onPath("script"),
  strace: onPath("strace"),
  socat: onPath("socat"),
  nsenter: onPath("nsenter"),
  ip: onPath("ip"),
  iptables: onPath("iptables"),
  mitmdump: onPath("mitmdump"),
  wget: onPath("wget"),
  java: () => (existsSync("/usr/bin/java") ? null : "no Java in /usr/bin"),
  maven: () => (existsSync("/usr/bin/mvn") ? null : "no Maven in /usr/bin"),
  ruby: () => (existsSync("/usr/bin/ruby") ? null : "no Ruby in /usr/bin"),
  php: () => (existsSync("/usr/bin/php") ? null : "no PHP in /usr/bin"),
  pip: () => (runs("/usr/bin/python3", ["-m", "pip", "--version"]) ? null : "the system's Python has no pip"),
  "python3-requests": () =>
    runs("/usr/bin/python3", ["-c", "import requests"]) ? null : "the system's Python has no requests",
  "system-npm": () => (existsSync("/usr/bin/npm") ? null : "no npm in /usr/bin"),
  go: onPath("go"),
  rustup: onPath("rustup"),
  pyenv: onPath("pyenv"),
  bun: onPath("bun"),
  deno: onPath("deno"),
  uv: onPath("uv"),
  "ssh-keygen": onPath("ssh-keygen"),
} satisfies Record<string, () => string | null>;

export type Need = keyof typeof CHECKS;

const answers = new Map<Need, string | null>();

/**
 * For `test("...", { skip: skipWithout("bubblewrap", "curl") }, ...)`: false when all needs are met, else the reason.
 * A need listed in BOT_BOTTLE_REQUIRE (comma-separated, or `all`) is not skipped: this throws, and the test file fails.
 */
export function skipWithout(...needs: readonly Need[]): string | false {
  const required = (process.env.BOT_BOTTLE_REQUIRE ?? "").split(",").map((name) => name.trim());
  for (const need of needs) {
    let reason = answers.get(need);
    if (reason === undefined) {
      reason = CHECKS[need]();
      answers.set(need, reason);
    }
    if (reason === null) continue;
    if (required.includes(need) || required.includes("all")) throw new Error(`BOT_BOTTLE_REQUIRE=${need}: ${reason}`);
    return reason;
  }
  return false;
}
