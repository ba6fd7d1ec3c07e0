import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { BottleError } from "../core/model/errors.ts";
import type { HostFacts } from "../core/model/host-facts.ts";
import { type RunResult, run } from "./exec.ts";
import { isErrno } from "./files.ts";

/** One package at one version, with the base64 SHA-512 of its packed file and the program in it. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  readonly sha512: string;
  readonly file: string;
}

export interface FetchContext {
  readonly title: string;
  /** Absolute path of the host's npm. */
  readonly npm: string;
  readonly facts: HostFacts;
  readonly cache: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

const FETCH_MS = 15 * 60_000;
const UNPACK_MS = 2 * 60_000;
const PROGRESS_MS = 5_000;
const TEMP = /^install-(\d+)-/;

/** `<cache>/agents/<package>-<version>/<file>`: complete as soon as it exists. */
export const pinnedProgramPath = (cache: string, pinned: PinnedPackage): string =>
  join(cache, "agents", `${pinned.name.split("/").at(-1) ?? pinned.name}-${pinned.version}`, pinned.file);

/**
 * Fetches the package with the host's npm, checks its SHA-512, unpacks it beside its place and renames it there, so that
 * two at once do no harm and a killed one leaves nothing that looks usable. No install script is ever run.
 * Errors: AGENT_BINARY_MISSING, after which nothing is left.
 */
export async function fetchPinnedProgram(pinned: PinnedPackage, context: FetchContext): Promise<void> {
  const { npm, facts, cache, say, title } = context;
  const spec = `${pinned.name}@${pinned.version}`;
  const tar = facts.tools.tar;
  if (tar === undefined) throw failed("tar is missing", "apt install tar");
  const agents = join(cache, "agents");
  await mkdir(agents, { recursive: true, mode: 0o700 });
  await removeDeadTemps(agents);
  const temp = await mkdtemp(join(agents, `install-${process.pid}-`));
  const started = performance.now();
  const elapsed = () => Math.round((performance.now() - started) / 1000);
  say(`bottle: fetching ${title} ${pinned.version} from npm (about 75 MB, once)`);
  const ticker = setInterval(() => say(`bottle: still fetching ${title} (${elapsed()} s)`), PROGRESS_MS);
  try {
    const env = npmEnv(context.env, npm, facts);
    const packed = await run(
      {
        argv: [facts.tools.env ?? "/usr/bin/env", "-C", temp, npm, "pack", "--silent", "--ignore-scripts", spec],
        env,
      },
      { timeoutMs: FETCH_MS, maxBytes: 64 << 10, ...(context.signal === undefined ? {} : { signal: context.signal }) },
    );
    if (context.signal?.aborted) throw failed(`interrupted while fetching ${spec}`, "nothing was installed");
    const [archive] = (await readdir(temp)).filter((name) => name.endsWith(".tgz"));
    if (packed.code !== 0 || archive === undefined) {
      throw failed(
        `npm could not fetch ${spec}: ${lastLine(packed)}`,
        "is the package registry reachable? try: npm view npm",
      );
    }
    if ((await sha512(join(temp, archive))) !== pinned.sha512) {
      throw failed(
        `${spec} does not have the expected SHA-512; nothing was installed`,
        "another package or a damaged one came",
      );
    }
    const unpacked = await run(
      { argv: [tar, "--no-same-owner", "-xzf", join(temp, archive), "-C", temp], env: { PATH: "/usr/bin:/bin" } },
      { timeoutMs: UNPACK_MS, maxBytes: 64 << 10 },
    );
    if (unpacked.code !== 0) throw failed(`${spec} could not be unpacked: ${lastLine(unpacked)}`, "is the disk full?");
    await chmod(join(temp, "package", pinned.file), 0o755);
    await moveInto(join(temp, "package"), dirname(pinnedProgramPath(cache, pinned)));
    say(`bottle: ${title} ${pinned.version} is in ${agents} (${elapsed()} s)`);
  } finally {
    clearInterval(ticker);
    await rm(temp, { recursive: true, force: true });
  }
}

/** rename(2); when another run was first, its result is as good. */
async function moveInto(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
  }
}

/** What killed runs left; a folder whose maker still lives is its own. */
async function removeDeadTemps(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = TEMP.exec(name)?.[1];
    if (pid === undefined || (await stat(`/proc/${pid}`).catch(() => null)) !== null) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** What npm needs to reach its registry; no credential of the operator's but those in its own files. */
function npmEnv(env: FetchContext["env"], npm: string, facts: HostFacts): Record<string, string> {
  const kept: Record<string, string> = {
    HOME: facts.home,
    PATH: [dirname(npm), dirname(facts.node), "/usr/local/bin:/usr/bin:/bin"].join(delimiter),
    npm_config_update_notifier: "false",
    npm_config_fund: "false",
  };
  for (const [name, value] of Object.entries(env)) {
    const wanted =
      /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i.test(name) ||
      /^npm_config_(registry|cache|userconfig|globalconfig|cafile|proxy|https_proxy|noproxy|strict_ssl)$/i.test(name);
    if (wanted && value !== undefined) kept[name] = value;
  }
  return kept;
}

async function sha512(path: string): Promise<string> {
  const hash = createHash("sha512");
  await pipeline(createReadStream(path), hash);
  return hash.digest("base64");
}

const lastLine = (result: RunResult): string =>
  result.timedOut
    ? "no end in sight"
    : (result.stderr.toString("utf8").trim().split("\n").at(-1) ?? `exit ${result.code}`);

const failed = (message: string, hint: string): BottleError =>
  new BottleError("AGENT_BINARY_MISSING", message, { hint });
