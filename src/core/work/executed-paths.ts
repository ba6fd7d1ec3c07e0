/**
 * Which files are run without being called by name: by git, by a shell or editor that enters the folder, by an agent on
 * the host, by a package manager when it installs, by CI (attack rows 87, 139). What runs only when somebody asks for
 * it, a Makefile, a Dockerfile, a test, is reviewed like any source.
 */

/** Folders of which everything counts, wherever they lie; each a path of one or more components. */
const FOLDERS: readonly (readonly [string, string])[] = [
  [".husky", "git hooks are kept there"],
  [".githooks", "git hooks are kept there"],
  [".git-hooks", "git hooks are kept there"],
  ["githooks", "git hooks are kept there"],
  [".lefthook", "git hooks are kept there"],
  [".vscode", "editors run tasks and settings from there"],
  [".idea", "editors run tasks and settings from there"],
  [".zed", "editors run tasks and settings from there"],
  [".fleet", "editors run tasks and settings from there"],
  [".nova", "editors run tasks and settings from there"],
  [".vim", "editors run tasks and settings from there"],
  [".devcontainer", "editors run its commands"],
  [".claude", "agents run hooks and settings from there"],
  [".cursor", "agents run hooks and settings from there"],
  [".codex", "agents run hooks and settings from there"],
  [".gemini", "agents run hooks and settings from there"],
  [".opencode", "agents run hooks and settings from there"],
  [".windsurf", "agents run hooks and settings from there"],
  [".clinerules", "agents follow it"],
  [".continue", "agents follow it"],
  [".amazonq", "agents follow it"],
  [".kiro", "agents follow it"],
  [".agents", "agents follow it"],
  [".github/workflows", "CI runs it"],
  [".github/actions", "CI runs it"],
  [".forgejo", "CI runs it"],
  [".gitea", "CI runs it"],
  [".gitlab", "CI runs it"],
  [".circleci", "CI runs it"],
  [".buildkite", "CI runs it"],
  [".woodpecker", "CI runs it"],
  [".teamcity", "CI runs it"],
  [".azure-pipelines", "CI runs it"],
  [".yarn", "package managers run it"],
  [".mvn", "build tools run it"],
  [".cargo", "cargo takes commands from it"],
  ["gradle/wrapper", "build tools run it"],
];

/** File names, wherever they lie; `*` stands for any part of one component. */
const FILES: readonly (readonly [string, string])[] = [
  [".gitattributes", "git chooses filters, diff and merge drivers by it"],
  [".gitmodules", "git fetches other repositories by it"],
  [".gitconfig", "git takes commands from it where it is included"],
  [".pre-commit-config.y*ml", "git hooks are made from it"],
  [".pre-commit-hooks.y*ml", "git hooks are made from it"],
  ["lefthook*.y*ml", "git hooks are made from it"],
  [".lefthook*.y*ml", "git hooks are made from it"],
  [".overcommit.yml", "git hooks are made from it"],
  [".lintstagedrc*", "git hooks take commands from it"],
  ["lint-staged.config.*", "git hooks take commands from it"],
  [".huskyrc*", "git hooks take commands from it"],
  [".envrc", "shells run it on entering the folder"],
  [".autoenv*", "shells run it on entering the folder"],
  ["mise.toml", "shells take hooks from it on entering the folder"],
  [".mise*.toml", "shells take hooks from it on entering the folder"],
  [".tool-versions", "shells choose programs by it on entering the folder"],
  [".exrc", "editors run it"],
  [".vimrc", "editors run it"],
  [".nvimrc", "editors run it"],
  [".nvim.lua", "editors run it"],
  [".lvimrc", "editors run it"],
  [".dir-locals*.el", "editors run it"],
  ["*.code-workspace", "editors run tasks and settings from it"],
  ["*.sublime-project", "editors take commands from it"],
  [".mcp.json", "agents start the programs that it names"],
  ["mcp.json", "agents start the programs that it names"],
  ["agents.md", "agents follow it"],
  ["agents.override.md", "agents follow it"],
  ["claude*.md", "agents follow it"],
  ["gemini.md", "agents follow it"],
  ["copilot-instructions.md", "agents follow it"],
  [".cursorrules", "agents follow it"],
  [".windsurfrules", "agents follow it"],
  [".aider.conf.yml", "agents take commands from it"],
  ["opencode.json*", "agents take commands from it"],
  ["bot-bottle.json", "bottle takes agents from it"],
  [".gitlab-ci.y*ml", "CI runs it"],
  ["jenkinsfile*", "CI runs it"],
  ["azure-pipelines*.y*ml", "CI runs it"],
  ["bitbucket-pipelines.yml", "CI runs it"],
  ["cloudbuild.y*ml", "CI runs it"],
  ["buildspec.y*ml", "CI runs it"],
  ["appveyor.yml", "CI runs it"],
  [".appveyor.yml", "CI runs it"],
  [".travis.yml", "CI runs it"],
  [".drone.y*ml", "CI runs it"],
  [".woodpecker.y*ml", "CI runs it"],
  [".cirrus.y*ml", "CI runs it"],
  ["action.y*ml", "CI runs it"],
  [".npmrc", "package managers take settings from it"],
  [".yarnrc*", "package managers run what it names"],
  [".pnpmfile.*js", "package managers run it"],
  ["pnpmfile.*js", "package managers run it"],
  ["pnpm-workspace.yaml", "package managers choose by it which scripts run"],
  ["bunfig.toml", "package managers take settings from it"],
  ["pip.conf", "package managers take settings from it"],
  ["setup.py", "package managers run it"],
  ["conftest.py", "test runners run it before any test"],
  ["sitecustomize.py", "python runs it at each start"],
  ["usercustomize.py", "python runs it at each start"],
  ["*.pth", "python runs it at each start"],
  ["build.rs", "cargo runs it at each build"],
  ["rust-toolchain*", "cargo chooses programs by it"],
  ["binding.gyp", "package managers build by it"],
  ["extconf.rb", "package managers run it"],
  [".bundle", "package managers take settings from it"],
  [".bazelrc", "build tools take commands from it"],
];

const FILE_PATTERNS = FILES.map(([name, reason]) => {
  const pattern = name
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join("[^/]*");
  return [new RegExp(`^${pattern}$`), reason] as const;
});

/** A git hook (githooks(5)) in any folder called `hooks`, where core.hooksPath may point; a `useState.ts` there is none. */
const HOOK =
  /\/hooks\/(?:applypatch-msg|pre-applypatch|post-applypatch|pre-commit|pre-merge-commit|prepare-commit-msg|commit-msg|post-commit|pre-rebase|post-checkout|post-merge|pre-push|pre-receive|update|proc-receive|post-receive|post-update|reference-transaction|push-to-checkout|pre-auto-gc|post-rewrite|sendemail-validate|fsmonitor-watchman|post-index-change)$/;

/** Code points that HFS+ leaves out of names (git's utf8.c, next_hfs_char). */
const IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** A component as the most forgiving file system has it: no case, no ignored characters, no dots or spaces at its end. */
function folded(component: string): string {
  return component
    .normalize("NFKC")
    .replace(IGNORED, "")
    .toLowerCase()
    .replace(/(?:::?\$.*)$/, "")
    .replace(/[. ]+$/, "");
}

/**
 * Why a file is run without anybody calling it, as half a sentence; null when it is not. Case never matters, as the
 * operator's disk may not know it.
 */
export function executedBy(path: string): string | null {
  const parts = path.split("/").map(folded);
  const whole = `/${parts.join("/")}`;
  for (const [folder, reason] of FOLDERS) {
    if (`${whole}/`.includes(`/${folder}/`)) return reason;
  }
  if (HOOK.test(whole)) return "git hooks may be kept there";
  // A file below a folder of such a name counts too: the name may be either.
  for (const part of parts) {
    for (const [pattern, reason] of FILE_PATTERNS) if (pattern.test(part)) return reason;
  }
  return null;
}

/**
 * Why a path must not land at all, as half a sentence; null when it may. `.git` in every spelling that some file system
 * takes for it (CVE-2014-9390, CVE-2019-1352), and what is no path inside a folder.
 */
export function impossiblePath(path: string): string | null {
  for (const part of path.split("/")) {
    if (part === "" || part === "." || part === "..") return "is no path inside a folder";
    if (part.includes("\0")) return "has a zero byte";
    for (const name of part.split("\\")) {
      const plain = folded(name);
      if (plain === ".git" || /^git~\d+$/.test(plain)) return "is git's own folder on some file system";
    }
  }
  return null;
}
