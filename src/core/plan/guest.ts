/** Where things are inside every bottle. Known before the bottle exists, so that the plan can name them. */
export const GUEST_HOME = "/home/agent";
/** What a bottle has of its host process, read-only. */
export const GUEST_RUN = "/run/bottle";
/** Settings of the agent's hooks, in the bottle's read-only folder. */
export const HOOKS_CONFIG_NAME = "hooks.json";
export const HOOKS_CONFIG = `${GUEST_RUN}/${HOOKS_CONFIG_NAME}`;
/** Where the agent's git finds how the git gate's repositories are reached. */
export const GATE_CONFIG_NAME = "gitconfig";
export const GATE_CONFIG = `${GUEST_RUN}/${GATE_CONFIG_NAME}`;
/** Of a workspace whose own path is taken inside. */
export const GUEST_WORKSPACE = "/workspace";

/** What a bottle keeps for itself: no workspace can be shown at, in or around one of these. */
const TAKEN = [
  ...["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/proc", "/dev", "/sys", "/run"],
  ...["/var/tmp", "/opt/agent", GUEST_HOME],
];
/** Folders of a bottle that only what lies in them can stand for. */
const AROUND = ["/", "/tmp", "/var", "/opt", "/home"];

/** Where the folder `host` (a real path) is shown: at its own path, so that paths mean the same on both sides. */
export function guestFolder(host: string): string {
  const taken = TAKEN.some((path) => host === path || host.startsWith(`${path}/`) || path.startsWith(`${host}/`));
  return taken || AROUND.includes(host) ? GUEST_WORKSPACE : host;
}

/** The agent's standing instructions: always there, 0600; empty when there are none. */
export function promptPath(home: string): string {
  return `${home}/.bot-bottle/prompt.md`;
}
