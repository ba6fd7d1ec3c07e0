import type { ProcessIdentity } from "../../core/model/bottle-record.ts";
import type { Command, HostCommand } from "../../core/model/command.ts";
import { shellLine, shellWord } from "../../core/wire/shell-words.ts";
import { RESET_MODES } from "../../host/terminal.ts";
import { execWords, GUEST } from "../guest.ts";
import { becomeUser, type CageMode, FD } from "./cage-arguments.ts";
import { type Group, joinFiles, scopePrefix } from "./cgroup.ts";

/** Absolute paths of the host tools that open the way into a bottle. */
export interface EntryTools {
  /** bash where there is one: only it can close descriptors above 9. */
  readonly shell: string;
  readonly env: string;
  readonly nsenter: string;
  readonly script: string;
  readonly systemdRun: string | null;
}

/** All that is needed to run a command in a running bottle, from any process of the operator. */
export interface Entry {
  readonly mode: CageMode;
  /** For `survey`, in the environment of the host's part of the way in. */
  readonly tag: string;
  /** The idle pid 1 of the bottle, as the host sees it. */
  readonly init: ProcessIdentity;
  readonly seccompFile: string;
  readonly group: Group;
  readonly cwd: string;
  readonly tools: EntryTools;
  /** Environment in which systemd-run finds the service manager; empty otherwise. */
  readonly managerEnv: Readonly<Record<string, string>>;
}

/** Name under which `survey` finds what a host process that died left behind. */
export const TAG_VARIABLE = "BOT_BOTTLE";
/** Exit code of the launching shell when it could not even try. */
const NOT_ENTERED = 125;
/**
 * Ignored by the host's part of the way in, and put back right before the command: a Ctrl-C, a closed terminal or the
 * agent's own kill(0, ...) reach the whole foreground group, and must end the command, not the way to it.
 */
const SPARED = "HUP,INT,QUIT,TERM,USR1,USR2,TSTP,TTIN,TTOU";
const HOST_PATH = "/usr/bin:/bin:/usr/sbin:/sbin";

/**
 * The launching shell's part, common to the cage and to every entry: no core dumps (a dump would land on the host),
 * first to go when memory is short, in the bottle's control groups before anything else runs, no descriptor inherited
 * but those in `keep`, the filter opened anew as descriptor 9.
 */
export function launchScript(group: Group, seccompFile: string | null, keep: readonly number[]): string {
  return [
    "ulimit -c 0",
    "echo 500 >/proc/self/oom_score_adj",
    ...joinFiles(group).map((file) => `echo 0 >${shellWord(file)} || exit ${NOT_ENTERED}`),
    // Without bash only one-digit descriptors can be named.
    `for d in /proc/self/fd/*; do d=\${d##*/}; case $d in ${keep.join("|")}) ;; ?) eval "exec $d>&-" ;; *) [ -z "$BASH_VERSION" ] || eval "exec $d>&-" ;; esac; done`,
    ...(seccompFile === null ? [] : [`exec ${FD.seccomp}<${shellWord(seccompFile)} || exit ${NOT_ENTERED}`]),
  ].join("\n");
}

/** Goes on only while pid still is the process that was recorded: a recycled pid would be somebody else's namespaces. */
function guard(init: ProcessIdentity): string {
  return [
    `same() { read -r s </proc/${init.pid}/stat || return 1; set -f; set -- \${s##*) }; set +f; [ "\${20}" = ${init.startTime} ]; }`,
    `same 2>/dev/null || { echo 'bot-bottle: the bottle has ended' >&2; exit ${NOT_ENTERED}; }`,
  ].join("\n");
}

/**
 * The one way into a bottle, for the agent and for every exec: join its control groups, enter its namespaces, and put
 * on the same cage: filter, no capabilities, no new privileges. Pure.
 * An ordinary user's process gets a user namespace of its own, so that the agent can never attach to a process that is
 * still entering (ptrace_may_access needs a capability in the other's namespace).
 * With a terminal all of that runs under util-linux `script`: the bottle holds a private terminal, never the operator's
 * (attack row 138). Of the environment only TERM and COLORTERM travel in; the rest comes from /run/bottle/env.
 */
export function entryCommand(
  entry: Entry,
  command: Command,
  terminal: false | { readonly transcript: string | null },
): HostCommand {
  const { tools } = entry;
  const inside = [
    "/usr/bin/bwrap",
    ...["--bind", "/", "/", "--dev-bind", "/dev", "/dev"],
    ...(entry.mode === "root"
      ? ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
      : ["--unshare-user", "--uid", String(GUEST.uid), "--gid", String(GUEST.uid), "--cap-drop", "ALL"]),
    ...["--unsetenv", TAG_VARIABLE],
    ...["--die-with-parent", "--seccomp", String(FD.seccomp), "--"],
    ...(entry.mode === "root" ? becomeUser(GUEST.uid) : []),
    ...["/usr/bin/env", `--default-signal=${SPARED}`, ...execWords(command, entry.cwd, terminal !== false)],
  ];
  const script = [
    `trap '' ${SPARED.replaceAll(",", " ")}`,
    guard(entry.init),
    launchScript(entry.group, entry.seccompFile, [0, 1, 2]),
    `exec ${shellWord(tools.env)} -i ${TAG_VARIABLE}=${shellWord(entry.tag)} \${TERM:+"TERM=$TERM"} \${COLORTERM:+"COLORTERM=$COLORTERM"} ` +
      `${shellWord(tools.nsenter)} -t ${entry.init.pid} -U -n -m -p -i -u -C --preserve-credentials -- "$@"`,
  ].join("\n");
  const argv = [...scopePrefix(entry.group, tools.systemdRun), tools.shell, "-c", script, "bot-bottle", ...inside];
  // SHLVL: with a socket as stdin and none, bash takes itself for a remote shell and reads the operator's .bashrc.
  const env = { PATH: HOST_PATH, SHLVL: "1", ...entry.managerEnv };
  if (terminal === false) return { argv, env };
  const line = terminalLine(argv);
  return {
    argv: [tools.script, "-qfec", line, terminal.transcript ?? "/dev/null"],
    env: { ...env, SHELL: "/bin/sh" },
  };
}

/**
 * The shell that script(1) runs: in the terminal's foreground group too, and the leader of its session. Of a terminal
 * that hangs up the kernel tells only the leader, which tells the others, and waits on for the command's own code. The
 * reset is this shell's, not the host process's: it comes even when that was killed.
 */
function terminalLine(argv: readonly string[]): string {
  const spared = SPARED.split(",").filter((signal) => signal !== "HUP");
  return [
    `trap '' ${spared.join(" ")}`,
    `trap 'trap "" HUP; kill -HUP 0; told=1' HUP`,
    // A command in the background would read /dev/null.
    "exec 3<&0",
    `${shellLine(argv)} <&3 3<&- & wait $!`,
    "code=$?",
    '[ -z "$told" ] || { wait $!; code=$?; }',
    `printf '${RESET_MODES.replaceAll("\u001b", "\\033")}'`,
    "exit $code",
  ].join("; ");
}
