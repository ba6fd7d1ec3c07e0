import type { WorkspaceDefinition } from "../model/definition.ts";
import type { Workspace, WorkspaceMode } from "../model/plan.ts";
import { printable } from "../wire/printable.ts";
import { guestFolder } from "./guest.ts";
import { type ProtectedFolders, refuseWorkspace } from "./workspace-refusals.ts";

/** What lies around the named folder, found by `host/repository`. */
export type RepositoryFact =
  | { readonly kind: "none" }
  | {
      readonly kind: "repository";
      readonly repository: {
        readonly root: string;
        readonly gitDir: string;
        readonly commonDir: string;
        readonly alternates: readonly string[];
      };
    }
  | { readonly kind: "refused"; readonly root: string; readonly why: string };

export interface WorkspaceInputs {
  /** Real path of the folder that was named. */
  readonly folder: string;
  readonly found: RepositoryFact;
  /** From the command line; null: none. */
  readonly asked: WorkspaceMode | null;
  readonly definition: WorkspaceMode | WorkspaceDefinition | undefined;
  readonly protectedFolders: ProtectedFolders;
}

export type PlannedWorkspace =
  | { readonly ok: true; readonly workspace: Workspace }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** How the agent gets the folder, or why it does not (attack row 140). */
export function planWorkspace(inputs: WorkspaceInputs): PlannedWorkspace {
  const { folder, protectedFolders } = inputs;
  const definition = typeof inputs.definition === "string" ? { mode: inputs.definition } : (inputs.definition ?? {});
  const found = usableRepository(inputs);
  const mode = inputs.asked ?? definition.mode ?? (found.kind === "none" ? "copy" : "clone");
  const refusal = refuseWorkspace(folder, protectedFolders, mode);
  if (refusal !== null) return refuse(refusal, "start it in the folder of one project");
  if (mode === "bind" && leadsElsewhere(folder, found)) {
    return refuse(
      `${folder} is a git worktree or submodule: its .git leads out of it, so git would not work inside, and what the ` +
        "agent makes of it your own git would follow",
      "bind the main checkout, or leave --workspace bind out to work on a private copy",
    );
  }
  if (mode !== "clone") return { ok: true, workspace: workspaceAt(mode, folder, folder, null) };
  if (found.kind === "none") return refuse(`${folder} is in no git repository`, "--workspace copy takes its files");
  if (found.kind === "refused") {
    return refuse(
      `${printable(found.why)}: it could be another repository of yours`,
      "--workspace copy takes the files without git",
    );
  }
  const { root, gitDir, commonDir, alternates } = found.repository;
  return {
    ok: true,
    workspace: workspaceAt(mode, root, folder, { gitDir, commonDir, alternates, include: definition.include ?? [] }),
  };
}

/** A repository that is or holds a protected folder, such as dotfiles kept in the home, is not what was meant. */
function usableRepository({ found, protectedFolders }: WorkspaceInputs): RepositoryFact {
  if (found.kind === "none") return found;
  const root = found.kind === "refused" ? found.root : found.repository.root;
  return refuseWorkspace(root, protectedFolders, "clone") === null ? found : { kind: "none" };
}

/** `.git` of the folder itself is a file or a link. */
function leadsElsewhere(folder: string, found: RepositoryFact): boolean {
  if (found.kind === "refused") return found.root === folder;
  return (
    found.kind === "repository" && found.repository.root === folder && found.repository.gitDir !== `${folder}/.git`
  );
}

function workspaceAt(mode: WorkspaceMode, host: string, folder: string, clone: Workspace["clone"]): Workspace {
  const guest = guestFolder(host);
  return { mode, host, guest, cwd: guest + folder.slice(host.length), clone };
}

function refuse(message: string, hint: string): PlannedWorkspace {
  return { ok: false, message, hint };
}
