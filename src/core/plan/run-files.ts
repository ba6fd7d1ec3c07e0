import type { GuestFile } from "../model/command.ts";
import { TRUST_FILES } from "./gateway-env.ts";
import { GATE_CONFIG_NAME, HOOKS_CONFIG_NAME } from "./guest.ts";
import { javaTrustStore } from "./java-trust.ts";
import { SUPERVISE_CONFIG_NAME, superviseConfig } from "./supervise.ts";

/** What the bottle's own read-only folder (/run/bottle) holds. */
export interface RunFilesInput {
  /** Path of the folder inside. */
  readonly folder: string;
  /** The whole environment of every process of the bottle. */
  readonly env: Readonly<Record<string, string>>;
  /** Certificate of the bottle's own authority. */
  readonly caPem: string;
  /** The host's root certificates, so that a spliced connection can be verified too. */
  readonly hostRootsPem: string;
  /** How git reaches the git gate's repositories; absent: there are none. */
  readonly gitConfig?: string;
  /** URL of the MCP server supervise; absent: there is none. */
  readonly superviseUrl?: string;
  /** Settings of the agent's hooks; absent: it has none. */
  readonly hookSettings?: string;
}

/** A word that a POSIX shell reads back as exactly `text` (POSIX.1-2024, 2.2.2). */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** True for a name that a shell and every agent take as an environment variable. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/**
 * An agent that suspends itself (Ctrl-Z) has no shell in front of it that could bring it back; this does so at once. The
 * command gets a process group of its own in the terminal's foreground, since a stop signal is lost on a group without
 * a parent in its session (POSIX.1-2024, 3.265). Not a shell's job control: the group that had the terminal before is
 * outside of the pid namespace, and shells fail when they want to give it back.
 */
const RESUME = `use strict;
my ($TIOCSPGRP, $WNOHANG, $WUNTRACED) = (0x5410, 1, 2);
my @all = qw(HUP INT QUIT TERM TSTP TTIN TTOU);
my $hangup;
$SIG{$_} = sub {} for @all, "CHLD";
# The terminal's end is told to the leader of its session, whose group is not the command's.
$SIG{HUP} = sub { $hangup = 1 };
my $child = fork // die "fork: $!\\n";
if (!$child) {
  $SIG{TTOU} = "IGNORE";
  setpgrp 0, 0;
  ioctl STDIN, $TIOCSPGRP, pack "i", $$;
  $SIG{$_} = "DEFAULT" for @all, "CHLD";
  kill HUP => $$ if $hangup;
  exec { $ARGV[0] } @ARGV;
  print STDERR "$ARGV[0]: $!\\n";
  exit($! == 2 ? 127 : 126);
}
# Perl runs a handler between two statements: a signal right before a call that waits would be heard after it. So they
# come only while nothing else is done (sigsuspend(2)). Loaded here, where the command does not wait for it.
require POSIX;
my ($open, $shut) = (POSIX::SigSet->new, POSIX::SigSet->new(POSIX::SIGHUP(), POSIX::SIGCHLD()));
POSIX::sigprocmask(POSIX::SIG_BLOCK(), $shut, $open);
for (;;) {
  if ($hangup) {
    $hangup = 0;
    kill(HUP => -$child) || kill(HUP => $child);
  }
  if (waitpid($child, $WUNTRACED | $WNOHANG) != $child) {
    POSIX::sigsuspend($open);
    next;
  }
  # $? knows no stopped child.
  last if (\${^CHILD_ERROR_NATIVE} & 0xff) != 0x7f;
  ioctl STDIN, $TIOCSPGRP, pack "i", $child;
  kill CONT => -$child;
}
exit($? & 0x7f ? 128 + ($? & 0x7f) : $? >> 8);
`;

/** As of a command that SIGHUP ended. */
const HUNG_UP = 129;

/**
 * `env`, `exec`, `resume` and the files that make programs trust the gateway. `exec [-t] CWD ARGV...` is the one way in which a command starts inside, so
 * that the agent, an exec and an attach all see the same environment, and none of it is ever on a command line. `-t`: it was given
 * a terminal; one that is gone by now was so before anything here could hear of it.
 */
export function runFiles(input: RunFilesInput): readonly GuestFile[] {
  const lines = Object.entries(input.env)
    .filter(([name]) => isVariableName(name))
    .map(([name, value]) => `export ${name}=${shellWord(value)}\n`);
  const exec = `#!/bin/sh
. ${input.folder}/env
if [ "$1" = -t ]; then
  [ -t 0 ] || exit ${HUNG_UP}
  cd -- "$2" || exit 126
  shift 2
  exec /usr/bin/perl ${input.folder}/resume "$@"
fi
cd -- "$1" || exit 126
shift
exec "$@"
`;
  const encoder = new TextEncoder();
  const bundle = `${input.hostRootsPem}\n${input.caPem}`;
  const file = (name: string, content: string | Uint8Array, mode: number): GuestFile => ({
    path: `${input.folder}/${name}`,
    content: typeof content === "string" ? encoder.encode(content) : content,
    mode,
  });
  return [
    file("env", lines.join(""), 0o644),
    file("exec", exec, 0o755),
    file("resume", RESUME, 0o644),
    file(TRUST_FILES.authority, input.caPem, 0o644),
    file(TRUST_FILES.bundle, bundle, 0o644),
    file(TRUST_FILES.java, javaTrustStore(bundle), 0o644),
    ...(input.gitConfig === undefined ? [] : [file(GATE_CONFIG_NAME, input.gitConfig, 0o644)]),
    ...(input.hookSettings === undefined ? [] : [file(HOOKS_CONFIG_NAME, input.hookSettings, 0o644)]),
    ...(input.superviseUrl === undefined
      ? []
      : [file(SUPERVISE_CONFIG_NAME, superviseConfig(input.superviseUrl), 0o644)]),
  ];
}

/** Variables of the operator's terminal that programs inside should know: colours, key encodings, emoji width. */
const TERMINAL_VARIABLES = [
  "TERM",
  "COLORTERM",
  "TERM_PROGRAM",
  "TERM_PROGRAM_VERSION",
  "LC_TERMINAL",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "TZ",
];

/** The variables that every process expects, whatever the agent; `host` is the operator's environment. */
export function baseEnv(
  guest: { readonly home: string },
  host: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const terminal = TERMINAL_VARIABLES.flatMap((name) => {
    const value = host[name];
    return value !== undefined && /^[\x20-\x7e]{1,100}$/.test(value) ? [[name, value] as const] : [];
  });
  return {
    LANG: "C.UTF-8",
    ...Object.fromEntries(terminal),
    HOME: guest.home,
    USER: "agent",
    LOGNAME: "agent",
    SHELL: "/bin/bash",
    PATH: searchPath(guest.home),
  };
}

/** PATH inside: programs that the agent installed for itself, then `first`, then the agent's own and the system's. */
export function searchPath(home: string, first: readonly string[] = []): string {
  const system = "/opt/agent:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
  return [`${home}/.local/bin`, ...first, system].join(":");
}
