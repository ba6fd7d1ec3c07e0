import { BottleError } from "../../core/model/errors.ts";
import { GUEST } from "../guest.ts";
import { EXEC_VARIABLE } from "../guest-signals.ts";

/** The program through which everything of the agent's comes into a machine, and its filter of system calls. */
const ENTRANCE = { program: `${GUEST.run}/enter`, filter: `${GUEST.run}/filter` } as const;

/** Numbers of system calls (asm/unistd.h). */
const CALLS = {
  x64: { prctl: 157, seccomp: 317, prlimit64: 302, capset: 126 },
  arm64: { prctl: 167, seccomp: 277, prlimit64: 261, capset: 91 },
} as const;

/** Capabilities that an owner's job keeps (linux/capability.h): CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID, SETPCAP. */
const OWNER_KEEPS = [0, 1, 3, 6, 7, 8];

/**
 * The program's text, for perl, run as the machine's root. Words: how, token, command.
 * The command has the token in its environment, which is otherwise empty, and no right that it was not given. Who changes
 * its uid cannot be traced by others of that uid until it runs the command (prctl(2), PR_SET_DUMPABLE), and by then the
 * filter is on. The first process stays: it says how the command ended, as a code that needs no reading, and passes on the
 * terminal's end. Throws HOST_UNFIT on other architectures.
 */
export function entranceProgram(arch: string, limits: { readonly pids: number }): string {
  if (arch !== "x64" && arch !== "arm64") {
    throw new BottleError("HOST_UNFIT", `no system call filter for the architecture ${arch}`);
  }
  const nr = CALLS[arch];
  return `use strict; use POSIX ();
my ($how, $token, @command) = @ARGV;
my $terminal = $how eq "terminal";
my ($hangup, $child);
$SIG{$_} = sub {} for qw(INT QUIT TERM TSTP USR1 USR2 CHLD);
$SIG{HUP} = sub { $hangup = 1 };
sub failed { print STDERR "bot-bottle: $_[0]: $!\\n"; POSIX::_exit(125) }
sub confine {
  my $filter = do { open(my $f, "<", "${ENTRANCE.filter}") or failed("filter"); binmode $f; local $/; <$f> };
  syscall(${nr.prctl}, 38, 1, 0, 0, 0) == 0 or failed("no new privileges");
  my %kept = map { $_ => 1 } $how eq "owner" ? (${OWNER_KEEPS.join(", ")}) : ();
  for my $one (0 .. 63) {
    last if syscall(${nr.prctl}, 23, $one, 0, 0, 0) < 0;
    $kept{$one} or syscall(${nr.prctl}, 24, $one, 0, 0, 0) == 0 or failed("capability $one");
  }
  my $none = pack("QQ", 0, 0);
  syscall(${nr.prlimit64}, 0, 4, $none, 0) == 0 or failed("core dumps");
  if ($how ne "owner") {
    my $many = pack("QQ", ${limits.pids}, ${limits.pids});
    syscall(${nr.prlimit64}, 0, 6, $many, 0) == 0 or failed("processes");
    $) = "${GUEST.uid} ${GUEST.uid}";
    POSIX::setgid(${GUEST.uid}) and POSIX::setuid(${GUEST.uid}) or failed("user");
    $< == ${GUEST.uid} && $> == ${GUEST.uid} && $) eq "${GUEST.uid} ${GUEST.uid}" or failed("user");
    syscall(${nr.prctl}, 47, 4, 0, 0, 0);
    my ($head, $data) = (pack("LL", 0x20080522, 0), pack("L6", (0) x 6));
    syscall(${nr.capset}, $head, $data) == 0 or failed("capabilities");
  }
  my $program = pack("Sx6P", length($filter) / 8, $filter);
  syscall(${nr.seccomp}, 1, 0, $program) == 0 or failed("filter of system calls");
}
$child = fork // failed("fork");
if (!$child) {
  setpgrp 0, 0 unless $terminal;
  confine();
  $SIG{$_} = "DEFAULT" for qw(HUP INT QUIT TERM TSTP USR1 USR2 CHLD);
  %ENV = ((map { exists $ENV{$_} ? ($_ => $ENV{$_}) : () } $terminal ? qw(TERM COLORTERM) : ()), ${EXEC_VARIABLE} => $token);
  kill HUP => $$ if $hangup;
  syswrite STDERR, "\\x01entered\\n" if $how =~ /^(?:asked|owner)$/;
  exec { $command[0] } @command;
  print STDERR "$command[0]: $!\\n";
  POSIX::_exit($! == 2 ? 127 : 126);
}
# Only the command holds what it was given: whoever reads from it sees its end.
open(STDIN, "<", "/dev/null"); open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null");
my ($open, $shut) = (POSIX::SigSet->new, POSIX::SigSet->new(POSIX::SIGHUP(), POSIX::SIGCHLD()));
POSIX::sigprocmask(POSIX::SIG_BLOCK(), $shut, $open);
for (;;) {
  if ($hangup) { $hangup = 0; kill HUP => $child }
  last if waitpid($child, POSIX::WNOHANG()) == $child;
  POSIX::sigsuspend($open);
}
exit($? & 0x7f ? 128 + ($? & 0x7f) : $? >> 8);
`;
}

/**
 * `asked`: as the agent, and says on stderr that it has entered; `framed`: as the agent; `terminal`: as the agent, on one;
 * `owner`: as root without most of its rights, and says so too.
 */
export type Entering = "asked" | "framed" | "terminal" | "owner";

/** PURE: words that come in by the entrance; `token` names the processes. */
export function entranceWords(how: Entering, token: string, words: readonly string[]): string[] {
  return ["/usr/bin/perl", ENTRANCE.program, how, token, ...words];
}
