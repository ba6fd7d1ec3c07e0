import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { applyBy } from "../../../src/cli/apply.ts";
import { diffBy } from "../../../src/cli/diff.ts";
import type { Io } from "../../../src/cli/io.ts";
import { report } from "../../../src/cli/report.ts";
import type { VerbInput } from "../../../src/cli/verb.ts";
import type { RepositoryBase } from "../../../src/core/model/work.ts";
import type { Collect } from "../../../src/session/work/imported-work.ts";
import { writeBase } from "../../../src/state/base-file.ts";
import { bottlePaths, layoutOf } from "../../../src/state/layout.ts";
import { formatRecord } from "../../../src/state/record-format.ts";
import { programPath } from "../needs.ts";

const NAME = "bench";

export interface Spoken {
  readonly code: number;
  readonly out: string;
  readonly said: string;
}

export interface BenchOptions {
  readonly objectFormat?: "sha1" | "sha256";
  /** A plain folder instead of a repository. */
  readonly plain?: boolean;
  /** One that another process made and began; it is not removed then. */
  readonly adopt?: string;
}

/**
 * An operator's repository, a bottle's folder, and a repository that stands for what lies in the bottle. The way in and
 * the pack that comes out are made with plain git here; everything behind them is the real thing.
 */
export class WorkBench implements Disposable {
  readonly folder: string;
  readonly home: string;
  readonly host: string;
  readonly inside: string;
  /** What a hostile bottle says instead, and with which bytes. */
  tamper: (collected: Awaited<ReturnType<Collect>>) => Awaited<ReturnType<Collect>> = (collected) => collected;
  fulls: boolean[] = [];
  readonly #options: BenchOptions;
  readonly env: Record<string, string>;
  #bases: RepositoryBase[] = [];

  constructor(options: BenchOptions = {}) {
    this.#options = options;
    this.folder = options.adopt ?? mkdtempSync(join(tmpdir(), "work-"));
    this.home = join(this.folder, "home");
    this.host = join(this.folder, "host");
    this.inside = join(this.folder, "inside");
    this.env = {
      HOME: this.home,
      PATH: "/usr/bin:/bin",
      LC_ALL: "C.UTF-8",
      GIT_CONFIG_NOSYSTEM: "1",
      XDG_STATE_HOME: join(this.folder, "state"),
    };
    if (options.adopt !== undefined) return;
    for (const folder of [this.home, this.host, this.inside]) mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(this.home, ".gitconfig"),
      "[user]\nname = Olga Operator\nemail = olga@example.com\n[init]\ndefaultBranch = main\n[advice]\ndetachedHead = false\n",
    );
    if (options.plain !== true) this.git(this.host, "init", "-q", `--object-format=${options.objectFormat ?? "sha1"}`);
  }

  [Symbol.dispose](): void {
    if (this.#options.adopt === undefined) rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs git there as the operator would, or with `env` in addition. Throws when it fails. */
  git(where: string, ...args: readonly string[]): string {
    return this.gitWith(where, {}, ...args);
  }

  gitWith(where: string, env: Record<string, string>, ...args: readonly string[]): string {
    const result = spawnSync(programPath("git") ?? "git", ["-C", where, ...args], {
      env: { ...this.env, ...env },
      maxBuffer: 1 << 28,
    });
    if (result.status !== 0) throw new Error(`git ${args.join(" ")}: ${result.stderr}${result.stdout}`);
    return result.stdout.toString("utf8").replace(/\n$/, "");
  }

  /** As the agent: another identity, in the repository inside. */
  agent(...args: readonly string[]): string {
    return this.agentIn(this.inside, ...args);
  }

  agentIn(where: string, ...args: readonly string[]): string {
    const who = { GIT_AUTHOR_NAME: "Agent", GIT_AUTHOR_EMAIL: "agent@bottle", GIT_COMMITTER_NAME: "Agent" };
    return this.gitWith(where, { ...who, GIT_COMMITTER_EMAIL: "agent@bottle", GIT_ALLOW_PROTOCOL: "file" }, ...args);
  }

  write(where: string, files: Readonly<Record<string, string | Buffer | null>>): void {
    for (const [name, content] of Object.entries(files)) {
      const path = join(where, name);
      mkdirSync(dirname(path), { recursive: true });
      if (content === null) rmSync(path, { recursive: true, force: true });
      else writeFileSync(path, content);
    }
  }

  /** Writes and commits all of it there; answers the commit. */
  commit(where: string, files: Readonly<Record<string, string | Buffer | null>>, message = "change"): string {
    this.write(where, files);
    const run = where.startsWith(this.inside) ? this.agentIn.bind(this) : this.git.bind(this);
    run(where, "add", "-A");
    run(where, "commit", "-q", "--allow-empty", "-m", message);
    return run(where, "rev-parse", "HEAD");
  }

  read(name: string): string | null {
    const path = join(this.host, name);
    return existsSync(path) ? readFileSync(path, "utf8") : null;
  }

  status(): string {
    return this.git(this.host, "status", "--porcelain", "--untracked-files=all");
  }

  get paths() {
    return bottlePaths(this.layout, NAME);
  }

  get layout() {
    return layoutOf(this.env, this.home, process.getuid?.() ?? 0);
  }

  get snapshot(): string {
    return this.#bases[0]?.snapshot ?? "";
  }

  get pins(): readonly string[] {
    return this.git(this.host, "for-each-ref", "--format=%(refname)", "refs/bottle").split("\n").filter(Boolean);
  }

  /** The bottle begins: `parts` are repositories within, each by its path. */
  async begin(parts: readonly string[] = []): Promise<void> {
    const { folder, base, record } = this.paths;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const bases = ["", ...parts].map((path, index) => this.#bring(path, join(folder, "base", `${index}.git`)));
    this.#bases = bases;
    await writeBase(base, { schema: 1, kind: this.#options.plain === true ? "copy" : "clone", repositories: bases });
    const time = new Date().toISOString();
    writeFileSync(
      record,
      formatRecord({
        schema: 1,
        name: NAME,
        agent: "shell",
        provider: "shell",
        backend: "bubblewrap",
        phase: "exited",
        createdAt: time,
        endedAt: time,
        exitCode: 0,
        host: { pid: 1, startTime: 1, bootId: "x" },
        run: join(this.folder, "run"),
        handle: null,
        workspace: { mode: this.#options.plain === true ? "copy" : "clone", host: this.host },
        labels: {},
        auditHead: null,
      }),
    );
  }

  #bring(path: string, place: string): RepositoryBase {
    const host = join(this.host, path);
    const inside = join(this.inside, path);
    const plain = this.#options.plain === true;
    mkdirSync(inside, { recursive: true });
    const objectFormat = this.#options.objectFormat ?? "sha1";
    this.git(this.folder, "init", "-q", "--bare", `--object-format=${objectFormat}`, place);
    const gitDir = plain ? null : this.git(host, "rev-parse", "--absolute-git-dir");
    const common = plain ? null : this.git(host, "rev-parse", "--path-format=absolute", "--git-common-dir");
    const own = plain ? place : join(inside, ".git");
    if (common !== null) {
      rmSync(own, { recursive: true, force: true });
      spawnSync("/bin/cp", ["-a", common, own]);
      for (const name of ["worktrees", "modules"]) rmSync(join(own, name), { recursive: true, force: true });
      spawnSync("/bin/cp", ["-a", join(gitDir ?? "", "HEAD"), join(gitDir ?? "", "index"), own]);
      // A submodule's: it would lead back to the operator.
      spawnSync(programPath("git") ?? "git", ["config", "--file", join(own, "config"), "--unset-all", "core.worktree"]);
    }
    const there = { GIT_DIR: own, GIT_WORK_TREE: host, GIT_INDEX_FILE: join(this.folder, "index") };
    rmSync(there.GIT_INDEX_FILE, { force: true });
    const resolve = (name: string) => {
      try {
        return plain ? null : this.git(host, "rev-parse", "--verify", "-q", `${name}^{commit}`);
      } catch {
        return null;
      }
    };
    const head = resolve("HEAD");
    if (head !== null) this.gitWith(host, there, "read-tree", head);
    this.gitWith(host, there, "add", "-A", ".");
    const tree = this.gitWith(host, there, "write-tree");
    const clean = head !== null && this.git(inside, "rev-parse", `${head}^{tree}`) === tree;
    const parent = head === null ? [] : ["-p", head];
    const snapshot = clean ? head : this.gitWith(host, there, "commit-tree", tree, ...parent, "-m", "snapshot");
    if (!plain) {
      const input = head === null || clean ? snapshot : `${snapshot}\n^${head}`;
      spawnSync(
        programPath("git") ?? "git",
        ["-C", inside, "pack-objects", "-q", "--revs", join(place, "objects/pack/pack")],
        {
          env: this.env,
          input: clean ? "" : `${input}\n`,
        },
      );
      writeFileSync(join(place, "brought-refs"), this.git(inside, "for-each-ref", "--format=%(objectname) %(refname)"));
      rmSync(join(own, "index"), { force: true });
      this.git(inside, "reset", "-q", "--hard", snapshot);
    } else {
      writeFileSync(join(place, "brought-refs"), "");
      spawnSync("/bin/cp", ["-a", `${host}/.`, inside]);
    }
    const branch = plain ? null : this.#symbolic(host);
    return { path, host, gitDir, branch, head, snapshot, objectFormat, objects: join(place, "objects") };
  }

  #symbolic(where: string): string | null {
    try {
      return this.git(where, "symbolic-ref", "-q", "HEAD");
    } catch {
      return null;
    }
  }

  /** What the throw-away cage would answer, made with plain git. */
  readonly collect: Collect = async ({ repository, full, base }) => {
    this.fulls.push(full);
    const inside = join(this.inside, repository.path);
    const plain = base.kind === "copy";
    const gitDir = plain ? dirname(repository.objects) : join(inside, ".git");
    const env = { GIT_DIR: gitDir, GIT_WORK_TREE: inside, GIT_INDEX_FILE: join(this.folder, "collect-index") };
    rmSync(env.GIT_INDEX_FILE, { force: true });
    const attempt = (...args: readonly string[]) => {
      try {
        return this.gitWith(inside, env, ...args);
      } catch {
        return null;
      }
    };
    const head = plain ? null : attempt("rev-parse", "--verify", "-q", "HEAD^{commit}");
    const parent = head ?? repository.snapshot;
    this.gitWith(inside, env, "read-tree", parent);
    this.gitWith(inside, env, "add", "-A", ".");
    const tree = this.gitWith(inside, env, "write-tree");
    const same = tree === this.gitWith(inside, env, "rev-parse", `${parent}^{tree}`);
    const who = { GIT_AUTHOR_NAME: "x", GIT_AUTHOR_EMAIL: "x", GIT_COMMITTER_NAME: "x", GIT_COMMITTER_EMAIL: "x" };
    const work = same
      ? parent
      : this.gitWith(inside, { ...env, ...who }, "commit-tree", tree, "-p", parent, "-m", "work");
    const known = readFileSync(join(dirname(repository.objects), "brought-refs"), "utf8")
      .split("\n")
      .map((line) => line.split(" ")[0]);
    const listed = plain
      ? ""
      : this.gitWith(inside, env, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags");
    const branch = plain ? null : this.#symbolic(inside);
    const refs = listed
      .split("\n")
      .filter(Boolean)
      .map((line) => ({ id: line.split(" ")[0] ?? "", name: line.slice(line.indexOf(" ") + 1) }))
      .filter(({ id, name }) => name !== branch && id !== repository.snapshot && !known.includes(id));
    const not = full ? [] : [repository.snapshot, ...known].filter(Boolean).map((id) => `^${id}`);
    const input = [work, ...refs.map(({ id }) => id), ...not, ""].join("\n");
    const packed = spawnSync(programPath("git") ?? "git", ["pack-objects", "-q", "--revs", "--thin", "--stdout"], {
      env: { ...this.env, ...env },
      input,
      maxBuffer: 1 << 28,
    });
    const pack = Readable.from([packed.stdout]);
    pack.on("error", () => undefined);
    return this.tamper({
      repository,
      branch,
      head,
      work,
      refs,
      embedded: [],
      pack,
      done: Promise.resolve(),
      missed: [],
    });
  };

  /** `bottle diff` with these options, as on a pipe; `terminal`: as on a terminal, without colours. */
  async diff(options: VerbInput["options"] = {}, paths: readonly string[] = [], terminal = false): Promise<Spoken> {
    const raw: Buffer[] = [];
    const spoken = await this.#speak(terminal, (io) =>
      diffBy(this.collect, (piece) => void raw.push(piece))({ positionals: [NAME, ...paths], options, rest: [] }, io),
    );
    return { ...spoken, out: spoken.out + Buffer.concat(raw).toString("utf8") };
  }

  /** `bottle apply`; `answers`: what a person types, in order. Without them there is no terminal. */
  async apply(options: VerbInput["options"] = {}, answers: readonly string[] | null = null): Promise<Spoken> {
    const left = [...(answers ?? [])];
    const ask = async (question: string) => {
      const answer = left.shift();
      if (answer === undefined) throw new Error(`nobody answers: ${question}`);
      return answer;
    };
    const spoken = await this.#speak(answers !== null, (io) =>
      applyBy(this.collect, () => (answers === null ? null : ask))({ positionals: [NAME], options, rest: [] }, io),
    );
    if (left.length > 0 && spoken.code === 0) throw new Error(`nobody asked for: ${left.join()}`);
    return spoken;
  }

  async #speak(terminal: boolean, run: (io: Io) => Promise<number>): Promise<Spoken> {
    let out = "";
    let said = "";
    const io: Io = {
      env: this.env,
      cwd: this.host,
      interactive: terminal,
      stdoutIsTerminal: terminal,
      stderrIsTerminal: terminal,
      colour: false,
      out: (text) => {
        out += text;
      },
      say: (line) => {
        said += `${line}\n`;
      },
      ask: async () => "",
      signal: new AbortController().signal,
      divert: () => undefined,
      self: [],
      hosted: null,
    };
    const code = await run(io).catch((error: unknown) => report(error, io));
    return { code, out, said };
  }
}
