import { realpath } from "node:fs/promises";
import { join } from "node:path";
import type { ProtectedFolder, ProtectedFolders } from "../core/plan/workspace-refusals.ts";

/** Below the home folder: where tools keep credentials. No agent gets one, not even a copy. */
const CREDENTIAL_FOLDERS = [
  ...[".ssh", ".gnupg", ".aws", ".azure", ".oci", ".kube", ".docker", ".pki", ".password-store", ".terraform.d"],
  ...[".claude", ".codex", ".gemini", ".mozilla", ".thunderbird", ".config/systemd", ".config/autostart", ".local/bin"],
  ...[".config/gcloud", ".config/gh", ".config/glab-cli", ".config/hub", ".config/git", ".config/op", ".config/sops"],
  ...[".config/containers", ".config/helm", ".config/rclone", ".config/doctl", ".config/github-copilot"],
  ...[".config/google-chrome", ".config/chromium", ".config/BraveSoftware", ".config/microsoft-edge"],
  ...[".local/share/keyrings", ".local/share/kwalletd"],
];
const CREDENTIAL_FILES = [".netrc", ".npmrc", ".pypirc", ".git-credentials", ".claude.json", ".vault-token"];
const NESTED_CREDENTIAL_FILES = [".cargo/credentials.toml", ".gem/credentials", ".m2/settings.xml"];

/** Below the home folder: programs on your PATH, settings and startup files. What an agent writes there runs as you. */
const RUN_AS_YOU = [
  ...["bin", ".bin", ".local", ".config", ".cargo", ".rustup", ".npm", ".nvm", ".pyenv", ".rbenv", ".asdf", ".deno"],
  ...[".bun", ".volta", ".sdkman", ".gradle", ".m2", ".gem", "go/bin", ".oh-my-zsh", ".zsh", ".bash_completion.d"],
  ...[".vim", ".emacs.d", ".vscode", ".vscode-server", ".cursor", ".jupyter", ".ipython", ".git-templates", ".cache"],
];

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
    ...[...RUN_AS_YOU.map((name) => join(home, name)), env.XDG_CONFIG_HOME, env.XDG_DATA_HOME]
      .filter((path) => path?.startsWith("/") === true && path !== home)
      .map((path = "") => ({ path, what: "a folder of what runs as you", inside: true, only: "bind" as const })),
    ...[...CREDENTIAL_FILES, ...NESTED_CREDENTIAL_FILES].map((name) => ({
      path: join(home, name),
      what: "a file with credentials",
      inside: true,
    })),
  ];
  const real = await Promise.all(
    named.map(async (folder) => ({ ...folder, path: await realpath(folder.path).catch(() => folder.path) })),
  );
  // A link such as /var/run -> /run keeps its own entry too; what does not exist is protected under its name.
  return [...named, ...real].filter(
    ({ path, only }, index, all) => all.findIndex((other) => other.path === path && other.only === only) === index,
  );
}
