import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { agentIds, giveFolder } from "../../../src/backends/bubblewrap/identity.ts";
import { loadBackend } from "../../../src/backends/builtins.ts";
import type { BottlePlan, WorkspaceMode } from "../../../src/core/model/plan.ts";
import type { Secret } from "../../../src/core/model/secret.ts";
import type { WorkBase } from "../../../src/core/model/work.ts";
import { planWorkspace } from "../../../src/core/plan/workspace.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { findRepository } from "../../../src/host/repository.ts";
import { beginClone, beginCopy } from "../../../src/session/work/begin.ts";
import { collectWork } from "../../../src/session/work/collect.ts";
import type { CollectedWork } from "../../../src/session/work/collected.ts";
import { readBase } from "../../../src/state/base-file.ts";
import { pathsIn } from "../../../src/state/layout.ts";
import { testPlan } from "../test-bottle.ts";

const facts = gatherFacts();
const GIT = facts.tools.git ?? "/usr/bin/git";
/** Where `inside` shows the workspace. */
const INSIDE = "/project";

export interface BeginOptions {
  readonly mode?: WorkspaceMode;
  readonly include?: readonly string[];
  readonly ignored?: string;
  readonly secrets?: readonly Secret[];
  readonly signal?: AbortSignal;
}

/** What was collected of one repository, imported into a fresh one. */
export interface Collected extends Omit<CollectedWork, "pack"> {
  readonly missed: readonly string[];
  /** Runs git in the repository that it was imported into. */
  git(...args: readonly string[]): string;
  /** Names of all files of the work. */
  readonly files: readonly string[];
  /** Content of a file of the work. */
  read(path: string): string;
}

/** A bottle's folder as `begin` and `collect` need it: real git, real workshops, no bottle. */
export interface Began {
  readonly base: WorkBase;
  readonly plan: BottlePlan;
  /** What was said to the operator. */
  readonly said: readonly string[];
  /** The bottle's workspace on the host. */
  readonly workspace: string;
  readonly folder: string;
  /** Runs a shell script in the workspace as the agent does, and answers its stdout. */
  inside(script: string): Promise<string>;
  collect(options?: { path?: string; full?: boolean; signal?: AbortSignal }): Promise<Collected>;
}

/** An operator's folder of repositories. */
export interface Trial {
  readonly top: string;
  readonly project: string;
  /** The operator's environment. */
  readonly env: Record<string, string>;
  /** git in the project; throws when it fails. */
  git(...args: readonly string[]): string;
  gitIn(folder: string, ...args: readonly string[]): string;
  /** A shell script of the operator's, in the project. */
  sh(script: string): string;
  write(path: string, content: string | Uint8Array): void;
  /** Makes the project a repository with one commit. */
  init(files?: Readonly<Record<string, string>>): void;
  begin(folder?: string, options?: BeginOptions): Promise<Began>;
}

/** A new operator with an empty project folder; all is removed after the test. */
export function newTrial(context: TestContext): Trial {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "trial-")));
  chmodSync(top, 0o755);
  const home = join(top, "op");
  const project = join(home, "project");
  mkdirSync(project, { recursive: true });
  const env: Record<string, string> = {
    HOME: home,
    PATH: "/usr/bin:/bin",
    LC_ALL: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    // With a socket as stdin and none, bash takes itself for a remote shell.
    SHLVL: "1",
  };
  writeFileSync(
    join(home, ".gitconfig"),
    '[user]\n\tname = Op\n\temail = op@example.com\n[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n',
  );
  const undo: (() => Promise<void>)[] = [];
  context.after(async () => {
    for (const step of undo) await step();
    spawnSync("/bin/chmod", ["-R", "u+rwX", top]);
    rmSync(top, { recursive: true, force: true });
  });
  const run = (folder: string, program: string, args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, env, maxBuffer: 1 << 28 });
    if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${stderr}`);
    return stdout.toString("utf8");
  };
  const trial: Trial = {
    top,
    project,
    env,
    git: (...args) => run(project, GIT, args),
    gitIn: (folder, ...args) => run(folder, GIT, args),
    sh: (script) => run(project, "/bin/bash", ["-euc", script]),
    write: (path, content) => {
      mkdirSync(dirname(join(project, path)), { recursive: true });
      writeFileSync(join(project, path), content);
    },
    init: (files = { "README.md": "a project\n", "src/main.c": "int main() { return 0; }\n" }) => {
      trial.git("init", "-q");
      for (const [path, content] of Object.entries(files)) trial.write(path, content);
      trial.git("add", "-A");
      trial.git("commit", "-qm", "first");
    },
    begin: async (folder = project, options = {}) => {
      const backend = await loadBackend("bubblewrap");
      const state = mkdtempSync(join(top, "bottle-"));
      const paths = pathsIn(state);
      for (const path of [paths.home, paths.workspace]) mkdirSync(path, { mode: 0o700 });
      mkdirSync(paths.baseFolder, { mode: 0o755 });
      undo.push(async () => {
        for (const path of [paths.home, paths.workspace, paths.baseFolder, paths.scratch])
          await backend.erase(path, facts);
      });
      const planned = planWorkspace({
        folder,
        found: await findRepository(folder),
        asked: options.mode ?? null,
        definition: { include: [...(options.include ?? [])] },
        protectedFolders: [],
      });
      if (!planned.ok) throw new Error(planned.message);
      const { workspace } = planned;
      giveFolder(paths.workspace, agentIds(facts, { home: paths.home, workspace }));
      const plan = testPlan("trial", folder, { workspace });
      const said: string[] = [];
      const signal = options.signal ?? new AbortController().signal;
      const { secrets = [], ignored = "" } = options;
      const beginning = {
        plan,
        backend,
        facts,
        paths,
        secrets,
        ignored,
        say: (line: string) => void said.push(line),
        signal,
      };
      if (workspace.mode === "clone") await beginClone(beginning);
      else {
        const keep = await beginCopy(beginning);
        run(top, "/bin/cp", ["-a", "-T", workspace.host, paths.workspace]);
        const owner = agentIds(facts, { home: paths.home, workspace });
        if (facts.uid === 0) run(top, "/bin/chown", ["-Rh", `${owner.uid}:${owner.gid}`, paths.workspace]);
        await keep();
      }
      const base = await readBase(paths.base);
      if (base === null) throw new Error("no base was written");
      return {
        base,
        plan,
        said,
        workspace: paths.workspace,
        folder: state,
        inside: async (script) => {
          const { code, stdout, words } = await backend.workshop(
            {
              bottle: "trial",
              script: `cd ${INSIDE}\nexport HOME=/tmp GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b\nset -e\n${script}`,
              folders: [{ host: paths.workspace, guest: INSIDE, writable: true }],
              agentFolder: paths.workspace,
              as: "agent",
              stdin: new Uint8Array(),
              timeoutMs: 120_000,
            },
            facts,
          );
          if (code !== 0) throw new Error(`inside ended with ${code}: ${words}`);
          return stdout.toString("utf8");
        },
        collect: async ({ path = "", full = false, signal = new AbortController().signal } = {}) => {
          const repository = base.repositories.find((one) => one.path === path);
          if (repository === undefined) throw new Error(`no repository at ${path}`);
          const { pack, done, ...work } = await collectWork(
            { name: "trial", backend, paths, base, repository, full },
            { facts, signal },
          );
          const into = mkdtempSync(join(top, "import-"));
          run(into, GIT, ["init", "-q", "--bare", `--object-format=${repository.objectFormat}`]);
          const theirs = repository.gitDir === null ? [] : [join(realpathSync(commonOf(repository.gitDir)), "objects")];
          const lines = full ? [] : [repository.objects, ...theirs].map((line) => `${line}\n`);
          mkdirSync(join(into, "objects/info"), { recursive: true });
          if (!full) writeFileSync(join(into, "objects/info/alternates"), lines.join(""));
          const chunks: Buffer[] = [];
          for await (const chunk of pack) chunks.push(chunk as Buffer);
          await done;
          const index = spawnSync(GIT, ["index-pack", "--stdin", "--fix-thin"], {
            cwd: into,
            env,
            input: Buffer.concat(chunks),
          });
          if (index.status !== 0) throw new Error(`index-pack: ${index.stderr}`);
          const git = (...args: readonly string[]) => run(into, GIT, args);
          const files = git("ls-tree", "-r", "-z", "--name-only", work.work).split("\0").filter(Boolean);
          return { ...work, git, files, read: (name) => git("cat-file", "blob", `${work.work}:${name}`) };
        },
      };
    },
  };
  return trial;
}

function commonOf(gitDir: string): string {
  try {
    return join(gitDir, readFileSync(join(gitDir, "commondir"), "utf8").trim());
  } catch {
    return gitDir;
  }
}
