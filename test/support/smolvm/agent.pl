# The outer half of an exec of the FAKE smolvm: what passes between the client (src/cli/machine.rs v0.8.0) and the agent in
# the guest (crates/smolvm-agent/src/main.rs, run_interactive_loop, and storage.rs, run_with_crun). Words: NAME=VALUE..., `--`,
# variables, `--`, the command. Descriptor 3 ends with the client. Ends with the exit code.
use strict; use POSIX (); use Fcntl; use File::Basename (); use Time::HiRes ();
require(File::Basename::dirname($0) . "/container.pl");
our %nr;
# Bytes of each output that are kept where none is passed on as it comes; and what waits for a slow reader.
my ($KEPT, $WAITING) = (11 * 2 ** 20, 2 ** 18);
my ($WINCH, $GET_SIZE, $SET_SIZE, $UNLOCK, $NUMBER) = (28, 0x5413, 0x5414, 0x40045431, 0x80045430);

sub words { my @words; while (defined(my $word = shift @ARGV)) { last if $word eq "--"; push @words, $word } @words }
my %o = map { split /=/, $_, 2 } words();
my @env = words();
my @command = @ARGV;
$SIG{PIPE} = "IGNORE";
sub end { my ($code, @words) = @_; syswrite STDERR, "@words\n" if @words; POSIX::_exit($code) }
sub refused { end(1, "Error: agent operation failed: exec: @_") }
sub now { Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) }

# Nothing else of the host passes the wall of a VM.
opendir(my $fds, "/proc/self/fd"); POSIX::close($_) for grep { /^\d+$/ && $_ > 3 && $_ != fileno $fds } readdir $fds; closedir $fds;
my $client;
if (!$o{detach}) { open($client, "<&=", 3) or refused("no client"); fcntl($client, F_SETFD, FD_CLOEXEC) }

sub piped { pipe(my $r, my $w) or refused("pipe: $!"); ($r, $w) }
open(my $null, "+<", "/dev/null");
my ($in, $into) = $o{input} && !$o{tty} ? piped() : ($null, undef);
my ($out, $to_out) = $o{detach} ? (undef, $null) : piped();
my ($err, $to_err) = $o{detach} ? (undef, $null) : piped();
my ($ready, $to_ready) = piped(); my ($go, $to_go) = piped(); my ($fate, $to_fate) = piped();
@o{qw(stdio null)} = ([$in, $to_out, $to_err], $null);

my $entered = $o{join} || $o{vm};
my $pids;
sysopen($pids, "/proc/$entered/ns/pid", O_RDONLY) && syscall($nr{setns}, fileno $pids, 0x20000000) == 0
  or refused("container is not running");
my $resized;
if ($o{tty}) {
  POSIX::sigprocmask(POSIX::SIG_BLOCK(), POSIX::SigSet->new($WINCH));
  my $mask = pack("Q", 1 << $WINCH - 1);
  open($resized, "<&=", syscall($nr{signalfd}, -1, $mask, 8, 0x80800));
}
my $child = fork // refused("fork: $!");
if (!$child) {
  POSIX::sigprocmask(POSIX::SIG_UNBLOCK(), POSIX::SigSet->new($WINCH));
  if (length $o{memory} && open(my $group, ">", $o{memory})) { syswrite $group, "0"; close $group }
  close $_ for grep { defined } $into, $out, $err, $ready, $to_go, $fate, $client, $resized;
  inside(\%o, \@env, \@command, $to_ready, $go, $to_fate);
}
close $_ for grep { $_ != $null } $in, $to_out, $to_err, $to_ready, $go, $to_fate;
open(my $ended, "<&=", syscall(434, $child, 0)); # a pidfd can be read from when the process has ended

my ($first, $said) = (undef, "");
# What the child says; undef when it has ended without it.
sub hear { my ($what) = @_;
  for (;;) {
    return $1 if $said =~ $what;
    sysread($ready, $said, 256, length $said) or return undef;
  } }
# The client has gone: a container made for a command that reads nothing is killed with it; else only crun is
# (crates/smolvm-agent/src/process.rs v0.8.0), and the command may outlive it.
sub abandoned {
  kill KILL => $first if $o{make} eq "own" && defined $first;
  kill KILL => $child if $o{make};
  $SIG{HUP} = "IGNORE";
  # What it leaves is reaped here, not by whoever is the host's first process.
  POSIX::dup2(fileno $null, $_) for 0 .. 2;
  POSIX::close($_) for grep { $_ != fileno $null } 3 .. 63;
  waitpid $child, 0;
  POSIX::_exit(1) }
sub code_of_child {
  waitpid $child, 0;
  my $how = $o{make} ? hear(qr/^status (\d+)\n/m) // $? : $?;
  my $signal = $how & 0x7f;
  return $how >> 8 unless $signal;
  # Who has joined a container dies with its first process.
  return 137 if $signal == 9 && $o{join} && !-e "/proc/$o{join}/ns/mnt";
  $o{sig255} ? 255 : 128 + $signal }

my $await = ""; vec($await, fileno $_, 1) = 1 for grep { defined } $ready, $client;
1 until select(my $can = $await, undef, undef, undef) > 0;
if ($client && vec($can, fileno $client, 1)) { abandoned() }
$first = hear(qr/^pid (\d+)\n/m);
if (!defined $first) {
  my $code = code_of_child();
  end(137) if $code == 137;
  sysread $fate, my $why, 4096;
  refused($why || "container is not running");
}

my ($master, $before, @streams);
sub stream { my ($from, $to, $held) = @_; push @streams, { from => $from, to => $to, held => $held, bytes => "", passed => 0 } }
sub resize { my $size = pack("S4", 0, 0, 0, 0); ioctl(STDIN, $GET_SIZE, $size) and ioctl($master, $SET_SIZE, $size) unless $o{nosize} }
sub raw {
  ($before, my $raw) = (POSIX::Termios->new, POSIX::Termios->new);
  $_->getattr(0) for $before, $raw;
  $raw->setiflag($raw->getiflag & ~0x5eb); $raw->setoflag($raw->getoflag & ~0x1); $raw->setlflag($raw->getlflag & ~0x804b);
  $raw->setcflag($raw->getcflag & ~0x130 | 0x30); $raw->setcc(POSIX::VMIN(), 1); $raw->setcc(POSIX::VTIME(), 0);
  $raw->setattr(0, POSIX::TCSANOW()) }
my $terminal = "";
if ($o{tty}) {
  my ($unlocked, $number, $size) = (pack("i", 0), pack("I", 0), pack("S4", 24, 80, 0, 0));
  sysopen($master, "/proc/$first/root/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK) && ioctl($master, $UNLOCK, $unlocked)
    && ioctl($master, $NUMBER, $number) or refused("terminal: $!");
  ioctl($master, $SET_SIZE, $size) unless $o{nosize};
  $terminal = unpack("I", $number);
  raw() if -t STDIN;
  stream(\*STDIN, $master); stream($master, \*STDOUT);
} elsif (!$o{detach}) {
  fcntl($_, F_SETFL, O_NONBLOCK) for grep { defined } $into, $out, $err;
  stream(\*STDIN, $into) if $into;
  stream($out, \*STDOUT, $o{held}); stream($err, \*STDERR, $o{held});
}
syswrite $to_go, "$terminal\n"; close $to_go;
if ($o{detach}) {
  waitpid $child, 0;
  my $why = do { local $/; <$fate> };
  end(127, "Error: agent operation failed: exec: $why") if length $why;
  if ($o{print}) {
    open(my $lines, "<", "/proc/$first/status"); my ($inner) = map { /^NSpid:.*\t(\d+)$/ } <$lines>;
    syswrite STDOUT, "$inner\n";
  }
  end(0);
}
# The client's own size comes after the command has begun.
resize() if $o{tty};

sub inward { my ($one) = @_; $into && $one->{to} == $into || $master && $one->{to} == $master }
sub shut { my ($one) = @_; $one->{shut} = 1; $one->{bytes} = ""; close $into if $into && $one->{to} == $into }
sub over { my ($one) = @_;
  $one->{over} = 1;
  # A terminal's end is a character. Before 0.8.1 it came once, which only ends a line that has begun.
  if (inward($one) && $master) { $one->{bytes} .= $o{oneeof} ? "\x04" : "\x04\x04" unless -t STDIN }
  elsif (inward($one) && !length $one->{bytes}) { shut($one) } }
# Answers whether there was something.
sub pull { my ($one) = @_;
  my $got = sysread $one->{from}, my $piece, 65536;
  return 0 if !defined $got && ($!{EAGAIN} || $!{EINTR});
  if (!$got) { over($one); return 0 }
  $one->{passed} += $got;
  # Client and agent wait for each other (issue 926, PR 931).
  if (inward($one) && $o{stuck} && $one->{passed} > $o{stuck}) { $one->{stuck} = 1; return 0 }
  $one->{bytes} .= $piece unless $one->{shut} || $one->{held} && length $one->{bytes} > $KEPT;
  1 }
sub pass { my ($one, $most) = @_;
  my $wrote = syswrite $one->{to}, $one->{bytes}, $most;
  if (!defined $wrote) {
    return if $!{EAGAIN} || $!{EINTR};
    # A client that cannot say what it was told ends.
    if (fileno $one->{to} == 1) { abandoned() }
    return shut($one);
  }
  substr($one->{bytes}, 0, $wrote) = "";
  shut($one) if $one->{over} && !$master && inward($one) && !length $one->{bytes} }

my $deadline = $o{timeout} ? now() + $o{timeout} / 1000 : undef;
my $late;
for (;;) {
  my ($read, $write) = ("", "");
  vec($read, fileno $_, 1) = 1 for grep { defined } $ended, $client, $resized;
  for my $one (@streams) {
    vec($read, fileno $one->{from}, 1) = 1
      unless $one->{over} || $one->{stuck} || !$one->{held} && length $one->{bytes} >= $WAITING;
    vec($write, fileno $one->{to}, 1) = 1 if !$one->{shut} && !$one->{held} && length $one->{bytes};
  }
  my $left = defined $deadline ? $deadline - now() : undef;
  if (defined $left && $left <= 0) { $late = 1; last }
  next if select($read, $write, undef, $left) < 0;
  if (vec($read, fileno $client, 1)) { abandoned() }
  if ($resized && vec($read, fileno $resized, 1)) { sysread $resized, my $which, 128; resize() }
  for my $one (@streams) {
    # A pipe of the host's takes so much without standing still.
    pass($one, inward($one) ? 65536 : 4096) if !$one->{shut} && length $one->{bytes} && vec($write, fileno $one->{to}, 1);
    pull($one) if !$one->{over} && vec($read, fileno $one->{from}, 1);
  }
  last if vec($read, fileno $ended, 1);
}
my $code = 124;
if ($late) { kill KILL => $o{make} eq "own" ? $first : $child; waitpid $child, 0 } else { $code = code_of_child() }
# What has been said is passed on; who stays in the background may hold the rest open.
my @outward = grep { !inward($_) } @streams;
for my $one (@outward) { 1 while !$one->{over} && pull($one) }
refused("output exceeds 11 MiB") if !$o{cut} && grep { $_->{held} && length $_->{bytes} > $KEPT } @outward;
for my $one (@outward) {
  substr($one->{bytes}, $KEPT) = "" if $one->{held} && length $one->{bytes} > $KEPT;
  pass($one, 65536) while length $one->{bytes};
}
$before->setattr(0, POSIX::TCSANOW()) if $before;
fcntl($fate, F_SETFL, O_NONBLOCK); sysread $fate, my $why, 4096;
end($code, length $why ? $why : $late && $o{held} ? "container timed out after $o{timeout}ms" : ());
