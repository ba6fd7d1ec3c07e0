import { realpath } from "node:fs/promises";
import { join } from "node:path";
import type { ProtectedFolder, ProtectedFolders } from "../core/plan/workspace-refusals.ts";

/** Below the home folder: where tools keep credentials. */
const CREDENTIAL_FOLDERS = [
  ".ssh",
  ".aws",
  ".azure",
  ".gnupg",
  ".kube",
  ".docker",
  ".claude",
  ".codex",
  ".gemini",
  ".password-store",
  ".mozilla",
  ".config/gcloud",
  ".config/gh",
  ".config/op",
  ".config/sops",
  ".config/google-chrome",
  ".config/chromium",
  ".config/systemd",
  ".config/autostart",
  ".local/share/keyrings",
  ".local/bin",
];
const CREDENTIAL_FILES = [".netrc", ".npmrc", ".pypirc", ".git-credentials", ".claude.json"];

/** Folders of the system: an agent neither works in one nor in what lies below. */
const SYSTEM_FOLDERS = [
  ...["bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "run", "sbin", "sys", "usr"],
  ...["var/backups", "var/cache", "var/log", "var/mail", "var/spool"],
];
/** A part of the system whose inside may hold projects: /var/www, /opt/project, /root/project. */
const SHARED_FOLDERS = ["home", "media", "mnt", "opt", "root", "srv", "tmp", "var", "var/tmp", "var/lib", "var/run"];

/** The folders of ours, by the words that a refusal uses. */
export interface OwnFolders {
  readonly config: string;
  readonly state: string;
  readonly cache: string;
  readonly runtime: string;
}

/**
 * What no agent may get as its workspace (attack row 140), as real paths; judged by `refuseWorkspace`. Both the path as
 * named and where it leads are listed, so that neither a link to a protected folder nor a protected link helps.
 */
export async function protectedFolders(
  home: string,
  own: OwnFolders,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ProtectedFolders> {
  const runtimeDir = env.XDG_RUNTIME_DIR;
  const temp = env.TMPDIR;
  const named: ProtectedFolder[] = [
    { path: home, what: "your home folder", inside: false },
    ...(temp?.startsWith("/") === true ? [{ path: temp, what: "the temp folder itself", inside: false }] : []),
    { path: "/", what: "the root folder", inside: false },
    ...SYSTEM_FOLDERS.map((name) => ({ path: `/${name}`, what: "a folder of the system", inside: true })),
    ...SHARED_FOLDERS.map((name) => ({ path: `/${name}`, what: "a folder of the system itself", inside: false })),
    { path: own.config, what: "bot-bottle's configuration folder", inside: true },
    { path: own.state, what: "bot-bottle's state folder", inside: true },
    { path: own.cache, what: "bot-bottle's cache folder", inside: true },
    { path: own.runtime, what: "bot-bottle's runtime folder", inside: true },
    ...(runtimeDir?.startsWith("/") !== true
      ? []
      : [{ path: runtimeDir, what: "the runtime folder of your session", inside: true }]),
    ...CREDENTIAL_FOLDERS.map((name) => ({ path: join(home, name), what: "a folder with credentials", inside: true })),
    ...CREDENTIAL_FILES.map((name) => ({ path: join(home, name), what: "a file with credentials", inside: true })),
  ];
  const real = await Promise.all(
    named.map(async (folder) => ({ ...folder, path: await realpath(folder.path).catch(() => folder.path) })),
  );
  // A link such as /var/run -> /run keeps its own entry too; what does not exist is protected under its name.
  return [...named, ...real].filter(
    (folder, index, all) => all.findIndex((other) => other.path === folder.path) === index,
  );
}
