import { appendFile, chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readRemoteUrl } from "../core/gitgate/remote-url.ts";
import { BottleError } from "../core/model/errors.ts";
import type { GateRepository } from "../core/model/git-gate.ts";
import type { Secret } from "../core/model/secret.ts";
import { complaint, type Git, type GitOptions, gitProgram, gitWith } from "../host/git.ts";
import { sweepLocks, sweepQuarantines } from "./leftovers.ts";
import { findSeed, isEmpty } from "./seed.ts";
import { createTurnstile, type Turnstile } from "./turnstile.ts";
import { mirrorEnvironment, upstreamGit } from "./upstream-git.ts";

export interface MirrorStart {
  readonly repository: GateRepository;
  /** The gate's own folder, which no agent sees. */
  readonly folder: string;
  readonly tools: Readonly<Record<string, string>>;
  /** Value of the secret that the repository's access names; null: it names none. */
  readonly secret: () => Promise<Secret | null>;
  /** Folder of what bottles share (`seed`); null: nothing is. */
  readonly seeds: string | null;
  /** Ends what talks to the server. */
  readonly signal: AbortSignal;
}

/** The bare repository in which one bottle sees one repository of a server. */
export interface Mirror extends Pick<Turnstile, "alone"> {
  readonly repository: GateRepository;
  readonly gitDir: string;
  /** Where its one hook lies. */
  readonly hooks: string;
  /** Git in it that talks to nobody. `env` comes on top. */
  readonly git: Git;
  /**
   * Brings its refs to where the server's are now, not to where they were before this was called. Errors: GIT_FAILED
   * with git's own words; then nothing was changed.
   */
  fresh(): Promise<void>;
  /** Whether the server answered when it was last asked: until then there is nothing to be read here. */
  readonly answered: boolean;
  /** Git that may talk to the server. Errors: SECRET_UNRESOLVED. */
  upstream(): Promise<Git>;
}

/** Settings of a mirror that its own git programs read, whoever starts them. */
const SETTINGS: Readonly<Record<string, string>> = {
  "http.receivepack": "true",
  "http.uploadpack": "true",
  "http.getanyfile": "false",
  "http.uploadarchive": "false",
  // A fetch goes on although the ref that it read about has moved: nothing is in a mirror but what the server gave.
  "uploadpack.allowAnySHA1InWant": "true",
  "uploadpack.allowFilter": "true",
  "receive.fsckObjects": "true",
  // What is fetched stays in packs: they can be shared as they are.
  "fetch.unpackLimit": "1",
  "receive.denyDeletes": "true",
  "receive.denyNonFastForwards": "true",
  "receive.advertisePushOptions": "false",
  "receive.autogc": "false",
  // Two of the machine's processors are enough for one bottle.
  "pack.threads": "2",
};

const CHECKED = ["-c", "fetch.fsckObjects=true"];
const HEADS = ["refs/heads", "refs/tags"];

/** Makes nothing yet: the first `fresh` does. */
export function createMirror({ repository, folder, tools, secret, seeds, signal }: MirrorStart): Mirror {
  const gitDir = join(folder, `${repository.name}.git`);
  const hooks = join(folder, "hooks");
  const knownHosts = join(folder, `${repository.name}.known_hosts`);
  const git = gitWith(gitProgram(tools), [], mirrorEnvironment(gitDir));
  const limit = { timeoutMs: repository.limits.seconds * 1000, signal };
  let made: Promise<void> | null = null;

  const contact = async () => {
    const reading = upstreamGit({ tools, repository, gitDir, knownHosts, secret: await secret() });
    if (reading.ok) return reading;
    throw new BottleError("SECRET_UNRESOLVED", reading.why, { hint: "is the source in the manifest right?" });
  };
  const make = async (): Promise<void> => {
    await mkdir(hooks, { recursive: true, mode: 0o700 });
    await writeFile(join(hooks, "pre-receive"), HOOK, { mode: 0o700 });
    await chmod(join(hooks, "pre-receive"), 0o700);
    if (repository.access.kind === "ssh") {
      await writeFile(knownHosts, knownHostsLine(repository.url, repository.access.hostKey), { mode: 0o600 });
    }
    await git.run(["init", "--quiet", "--bare", "--template=", "--initial-branch=main"]);
    // In one piece: git would run a process for each. What stood there before is said again by every later line.
    await appendFile(join(gitDir, "config"), settingsText());
    await sweepQuarantines(gitDir);
  };
  const fetch = async (): Promise<void> => {
    made ??= make();
    await made.catch((error: unknown) => {
      made = null;
      throw error;
    });
    await sweepLocks(gitDir);
    const { git: remote, who } = await contact();
    const asked = ["ls-remote", "--symref", "--end-of-options", repository.url, "HEAD", "refs/heads/*", "refs/tags/*"];
    const said = await run(remote, asked, limit);
    const there = readRemoteRefs(said.toString("latin1"));
    const refs = () => git.line(["for-each-ref", "--format=%(objectname) %(refname)", ...HEADS]);
    let here = await refs();
    // Only now: the server has just answered this very credential. What a resumed bottle has may hold what was pushed.
    const shared = seeds !== null && who !== null && here === "" && (await isEmpty(gitDir));
    const seed = shared ? await findSeed(seeds, who) : null;
    if (await seed?.plant(git, gitDir)) here = await refs();
    if (there.refs !== sortedLines(here)) {
      const specs = HEADS.map((place) => `+${place}/*:${place}/*`);
      const quiet = ["--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
      const bring = ["fetch", ...quiet, "--no-recurse-submodules"];
      // What is to be shared is checked as a push is. A history with old flaws stays this bottle's own.
      const sound =
        seed !== null && (await remote.attempt([...CHECKED, ...bring, repository.url, ...specs], limit)).code === 0;
      if (sound) await seed.harvest(git, gitDir);
      else {
        const together = await remote.attempt([...bring, "--atomic", repository.url, ...specs], limit);
        // A branch that made room for one below its name cannot go and come in one transaction.
        if (together.code !== 0) await run(remote, [...bring, repository.url, ...specs], limit);
      }
    }
    const head = await readFile(join(gitDir, "HEAD"), "latin1");
    if (there.head !== null && head !== `ref: ${there.head}\n`) await git.run(["symbolic-ref", "HEAD", there.head]);
  };
  let answered = false;
  const turnstile = createTurnstile(async () => {
    try {
      await fetch();
      answered = true;
    } catch (error) {
      answered = false;
      throw error;
    }
  });
  const upstream = async (): Promise<Git> => (await contact()).git;
  const { fresh, alone } = turnstile;
  return {
    ...{ repository, gitDir, hooks, git, upstream, fresh, alone },
    get answered() {
      return answered;
    },
  };
}

/** `SETTINGS` as a configuration file has them (git-config(1), "CONFIGURATION FILE"). */
function settingsText(): string {
  return Object.entries(SETTINGS)
    .map(([key, value]) => {
      const [section, name] = key.split(".");
      return `[${section}]\n\t${name} = ${value}\n`;
    })
    .join("");
}

/** As `Git.run`, with git's words as the whole message. */
async function run(git: Git, args: readonly string[], options: GitOptions): Promise<Buffer> {
  const result = await git.attempt(args, options);
  if (result.code === 0) return result.stdout;
  throw new BottleError("GIT_FAILED", complaint(result.stderr), { hint: "nothing was changed" });
}

/** What `git ls-remote --symref` says of branches and tags, sorted, and what HEAD stands for. */
function readRemoteRefs(text: string): { readonly refs: string; readonly head: string | null } {
  const lines = text.split("\n").filter((line) => line !== "");
  const head = lines.map((line) => /^ref: (refs\/heads\/[^\t]+)\tHEAD$/.exec(line)?.[1]).find((it) => it !== undefined);
  const refs = lines.filter((line) => /^[0-9a-f]+\trefs\/(?:heads|tags)\//.test(line) && !line.endsWith("^{}"));
  return { refs: sortedLines(refs.map((line) => line.replace("\t", " ")).join("\n")), head: head ?? null };
}

function sortedLines(text: string): string {
  return text.split("\n").sort().join("\n");
}

/** A line of sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
function knownHostsLine(url: string, hostKey: string): string {
  const reading = readRemoteUrl(url);
  if (!reading.ok) throw new BottleError("INVARIANT", `not a URL: ${url}`);
  const { host, port } = reading.remote;
  return `${port === null ? host : `[${host}]:${port}`} ${hostKey}\n`;
}

/**
 * The whole of the hook: it hands what git told it to the gate, over a descriptor that only this push has, says what the
 * gate says and ends as the gate wants. It holds no credential and decides nothing; without an answer it refuses.
 */
const HOOK = `#!/bin/sh
{ printf '%s\\n' "\${GIT_QUARANTINE_PATH:-none}" && cat && echo end; } >&3 || exit 1
while IFS= read -r line <&3; do
  case $line in
    "say "*) printf '%s\\n' "\${line#say }" >&2 ;;
    accept) exit 0 ;;
    *) exit 1 ;;
  esac
done
exit 1
`;
