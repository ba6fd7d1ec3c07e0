import { shellLine } from "../../core/wire/shell-words.ts";

/**
 * A client that loses its connection while the engine lives on asks how the command ended, is told of none, and ends
 * with 0 (Docker 20.10 to 28). Over a connection that can break, 0 is therefore said as another code: whoever reads 0
 * has seen no end. The code that stands for 0 moves one up, and the last one says by a file that it is itself.
 */
const WELL = 248;
const MOVED = 249;

/** Of commands whose end was not seen, as `bottle exec` says that its own part broke. */
const NOT_SEEN = 125;
export const NOT_SEEN_WORDS = "it is not known how the command ended: the connection to the engine broke";

/** What a code of the client's means. */
export type ClientEnd =
  | { readonly kind: "seen"; readonly code: number }
  | { readonly kind: "not seen" }
  /** It is the one or the other: `ownCodeArguments` asks. */
  | { readonly kind: "ask"; readonly code: number; readonly otherwise: number };

/** PURE: reads the code of a client whose command ran in `reportedWords`. */
export function clientEnd(code: number): ClientEnd {
  if (code === 0) return { kind: "not seen" };
  if (code === WELL) return { kind: "seen", code: 0 };
  return code === MOVED ? { kind: "ask", code, otherwise: WELL } : { kind: "seen", code };
}

/** In the agent's own /tmp, so that an agent can tell lies about codes of its own only. */
const ownCodeFile = (token: string): string => `/tmp/.bot-bottle-code-${token}`;

/**
 * Words: name of the variable that holds the token of the exec, command. Waits for the command; signals come to both, but
 * the terminal's end is told to the leader of its session alone, which is this one.
 */
const REPORT = `
use strict; my ($variable, @command) = @ARGV; my ($child, $hangup);
$SIG{$_} = sub {} for qw(INT QUIT TERM USR1 USR2 CHLD);
$SIG{HUP} = sub { $hangup = 1 };
$child = fork // exit 126;
if (!$child) {
  $SIG{$_} = "DEFAULT" for qw(HUP INT QUIT TERM USR1 USR2 CHLD);
  kill HUP => $$ if $hangup;
  exec { $command[0] } @command;
  exit($! == 2 ? 127 : 126);
}
# As in core/plan/run-files: no signal may come right before a call that waits.
require POSIX;
my ($open, $shut) = (POSIX::SigSet->new, POSIX::SigSet->new(POSIX::SIGHUP(), POSIX::SIGCHLD()));
POSIX::sigprocmask(POSIX::SIG_BLOCK(), $shut, $open);
for (;;) {
  if ($hangup) { $hangup = 0; kill HUP => $child }
  last if waitpid($child, POSIX::WNOHANG()) == $child;
  POSIX::sigsuspend($open);
}
my $code = $? & 0x7f ? 128 + ($? & 0x7f) : $? >> 8;
if ($code == ${MOVED}) { open(my $file, ">", "${ownCodeFile("$ENV{$variable}")}") }
exit($code == 0 ? ${WELL} : $code == ${WELL} ? ${MOVED} : $code);`;

/** PURE: words that run a command inside so that its end shows; `variable` is named as `REPORT` says. */
export function reportedWords(variable: string, words: readonly string[]): string[] {
  return ["/usr/bin/perl", "-e", REPORT, "--", variable, ...words];
}

/** PURE: words of `docker` that end with 0 where the command's own code was the one that its client ended with. */
export function ownCodeArguments(container: string, user: string, token: string): string[] {
  return ["exec", "--user", user, "--workdir", "/", container, "/bin/rm", "--", ownCodeFile(token)];
}

/** PURE: lines of a host's shell that make of `$code`, a client's, the command's own; `$token` is the exec's. */
export function readEndLines(docker: string, container: string, user: string): string[] {
  // The token ends the last word.
  const ask = shellLine([docker, ...ownCodeArguments(container, user, "")]);
  return [
    "case $code in",
    `0) code=${NOT_SEEN}; echo ${shellLine([`bottle: ${NOT_SEEN_WORDS}`])} >&2 ;;`,
    `${WELL}) code=0 ;;`,
    `${MOVED}) ${ask}"$token" </dev/null >/dev/null 2>&1 || code=${WELL} ;;`,
    "esac",
  ];
}
