/** Pages of what can go wrong with an agent's work on its way back. */
export const WORK_PAGES = {
  WORK_NONE: {
    example: [
      "bottle: shell-x7k2p keeps no work of its own [WORK_NONE]",
      "  its agent works in /home/me/project itself: look there",
    ],
    causes: [
      "the bottle was started with `--workspace bind`: what the agent did is in the folder already",
      "its start failed before the workspace was in",
      "its removal was cut short, so that its files are no work any more: `bottle rm NAME` goes on with it",
      "`--from` names a branch that the bottle does not have, or `--branch` is asked for where nothing was done",
    ],
    mend: ["`bottle info NAME` says how the workspace was given", "`bottle diff NAME` lists the branches with work"],
  },
  WORK_MOVED: {
    example: [
      "bottle: the bottle has moved on since you looked: 1f2e3d4c5b6a -> 5a6b7c8d9e0f [WORK_MOVED]",
      "  look again: bottle diff claude-x7k2p; or say that you mean this one: --expect 5a6b7c8d9e0f",
    ],
    causes: ["the agent has gone on since the last `bottle diff`", "`--expect` names another commit"],
    mend: ["`bottle diff NAME`, then `bottle apply NAME` again"],
  },
  WORK_UNACCEPTED: {
    example: [
      "bottle: nothing was changed, as these were not accepted [WORK_UNACCEPTED]:",
      "  .husky/pre-commit: git hooks are kept there",
      "  read them with bottle diff NAME PATH..., then --accept PATH for each (--accept FOLDER/), or --accept-all",
    ],
    causes: [
      "the work changes hooks, CI, editor or agent settings, build or package scripts, links or submodules",
      "the question was answered with no, or there is no terminal to ask on",
    ],
    mend: ["read those files in `bottle diff NAME`, then name each with `--accept PATH`, or all with `--accept-all`"],
  },
  WORK_BLOCKED: {
    example: [
      "bottle: local changes in files that the work would write; nothing was changed [WORK_BLOCKED]:",
      "  src/app.ts",
      "  commit or stash them, then try again; --branch B needs no work tree",
    ],
    causes: [
      "files that the work writes have changes that are not committed",
      "a merge, rebase or cherry-pick is under way",
      "the branch exists, or is checked out",
      "git does not know your name and email",
    ],
    mend: ["the message says which; nothing was changed, so do what it says and try again"],
  },
  WORK_UNREADABLE: {
    example: [
      "bottle: the work in claude-x7k2p could not be collected: the commit 1f2e3d... is missing in the bottle [WORK_UNREADABLE]",
      "  look with: bottle exec claude-x7k2p -- git status; bottle cp takes single files out",
    ],
    causes: [
      "the agent broke its repository",
      "its files change so fast that no state could be taken",
      "what came out does not pass git's own checks, or is larger than is taken",
    ],
    mend: [
      "`bottle exec NAME -- git fsck` says what is broken, while the bottle runs",
      "`bottle cp NAME:PATH .` takes files out, whatever git thinks of them",
    ],
  },
  WORK_CONFLICT: {
    example: [
      "bottle: the agent's commits conflict with yours, in [WORK_CONFLICT]:",
      "  src/app.ts",
      "  as after git cherry-pick: mend the files, git add them, git cherry-pick --continue; git cherry-pick --abort undoes it. All of it is kept under refs/bottle/claude-x7k2p/1f2e3d4c5b6a",
    ],
    causes: [
      "you and the agent changed the same lines",
      "the agent's commits build on changes of yours that were not committed when it started",
    ],
    mend: [
      "conflicts in the work tree are solved as after any cherry-pick; the agent's commits are kept under refs/bottle/",
      "`bottle apply NAME --patch` lands everything as changes that are not committed",
    ],
  },
  FORGE_FAILED: {
    example: [
      "bottle: a deploy key for o/r: answered 403: token does not have at least one of required scope(s) [FORGE_FAILED]",
      "  is the credential of git.repos in the manifest right, and is the forge there?",
    ],
    causes: [
      "the token or app of `git.repos.NAME.credential` may not do this there, or has ended",
      "the forge is down, slow, or redirects; `api` in the manifest is wrong",
      "its certificate is not one of the system's roots, and no `ca` is given",
    ],
    mend: [
      "the message quotes what the forge said",
      "a key that could not be taken back stays in the bottle's journal: `bottle prune` tries again, `bottle doctor` names it",
    ],
  },
  GIT_FAILED: {
    example: ["bottle: git merge-tree could not merge [GIT_FAILED]", "  git 2.38 or newer is needed"],
    causes: ["the host's git is too old", "the repository is damaged, or on a disk that is full or slow"],
    mend: ["`git --version`, `git fsck`; the message quotes what git said"],
  },
} as const;
