import assert from "node:assert/strict";
import { test } from "node:test";
import type { WorkspaceMode } from "../../../src/core/model/plan.ts";
import { GUEST_WORKSPACE, guestFolder } from "../../../src/core/plan/guest.ts";
import { planWorkspace, type RepositoryFact, type WorkspaceInputs } from "../../../src/core/plan/workspace.ts";

const PROTECTED = [
  { path: "/home/op", what: "your home folder", inside: false },
  { path: "/home/op/.ssh", what: "a credential folder", inside: true },
  { path: "/tmp", what: "the temp folder", inside: true, only: "bind" as const },
];

function repository(root: string, gitDir = `${root}/.git`): RepositoryFact {
  return { kind: "repository", repository: { root, gitDir, commonDir: gitDir, alternates: [] } };
}

function plan(folder: string, found: RepositoryFact, more: Partial<WorkspaceInputs> = {}) {
  return planWorkspace({ folder, found, asked: null, definition: undefined, protectedFolders: PROTECTED, ...more });
}

test("a folder keeps its path inside, unless a bottle needs that path for itself", () => {
  for (const path of [
    "/home/op/app",
    "/srv/app",
    "/tmp/x",
    "/var/lib/app",
    "/opt/app",
    "/root/app",
    "/work",
    "/home/agent2",
    "/etcetera",
  ])
    assert.equal(guestFolder(path), path);
  for (const path of [
    "/",
    "/usr/src/app",
    "/etc/app",
    "/etc",
    "/tmp",
    "/var",
    "/var/tmp/x",
    "/home",
    "/home/agent",
    "/home/agent/x",
    "/opt",
    "/opt/agent/x",
    "/run/app",
    "/dev/shm/x",
    "/proc/1",
    "/sys",
    "/lib64/x",
  ])
    assert.equal(guestFolder(path), GUEST_WORKSPACE, path);
});

test("row 140: a repository is cloned whole, a plain folder copied, and what was asked comes first", () => {
  const app = repository("/home/op/app");
  const none: RepositoryFact = { kind: "none" };
  const refused: RepositoryFact = {
    kind: "refused",
    root: "/home/op/app",
    why: "/home/op/app/.git is a link\u001b[2J",
  };
  const table: readonly [string, RepositoryFact, Partial<WorkspaceInputs>, WorkspaceMode | "refused"][] = [
    ["/home/op/app", app, {}, "clone"],
    ["/home/op/app/src", app, {}, "clone"],
    ["/home/op/app", none, {}, "copy"],
    ["/home/op/app", app, { asked: "copy" }, "copy"],
    ["/home/op/app", app, { asked: "bind" }, "bind"],
    ["/home/op/app", app, { definition: "copy" }, "copy"],
    ["/home/op/app", app, { definition: { mode: "copy" }, asked: "clone" }, "clone"],
    ["/home/op/app", none, { asked: "clone" }, "refused"],
    ["/home/op/app", refused, {}, "refused"],
    ["/home/op/app", refused, { asked: "copy" }, "copy"],
    ["/home/op/app", refused, { asked: "bind" }, "refused"],
    ["/home/op/app/src", refused, { asked: "bind" }, "bind"],
    ["/home/op/tree", repository("/home/op/tree", "/home/op/app/.git/worktrees/tree"), {}, "clone"],
    ["/home/op/tree", repository("/home/op/tree", "/home/op/app/.git/worktrees/tree"), { asked: "bind" }, "refused"],
    // Dotfiles: a repository that is the home folder is not what somebody in a folder below it means.
    ["/home/op/notes", repository("/home/op"), {}, "copy"],
    ["/home/op/notes", repository("/home"), {}, "copy"],
    ["/home/op", app, {}, "refused"],
    ["/home", none, {}, "refused"],
    ["/", none, { asked: "bind" }, "refused"],
    ["/home/op/.ssh/keys", none, {}, "refused"],
    ["/tmp/app", repository("/tmp/app"), {}, "clone"],
    ["/tmp/app", none, { asked: "bind" }, "refused"],
  ];
  for (const [folder, found, more, expected] of table) {
    const planned = plan(folder, found, more);
    assert.equal(
      planned.ok ? planned.workspace.mode : "refused",
      expected,
      `${folder} ${JSON.stringify([found, more])}`,
    );
    if (!planned.ok) assert.doesNotMatch(planned.message, /\u001b/);
  }
});

test("a start below the top of a repository works in that folder, with all of the repository around it", () => {
  const planned = plan("/home/op/app/src", repository("/home/op/app"), { definition: { include: [".env.test"] } });
  assert.ok(planned.ok);
  assert.deepEqual(planned.workspace, {
    mode: "clone",
    host: "/home/op/app",
    guest: "/home/op/app",
    cwd: "/home/op/app/src",
    clone: { gitDir: "/home/op/app/.git", commonDir: "/home/op/app/.git", alternates: [], include: [".env.test"] },
  });
  const moved = plan("/usr/src/app/a", repository("/usr/src/app"), { protectedFolders: [] });
  assert.ok(moved.ok);
  assert.equal(moved.workspace.cwd, "/workspace/a");
});
