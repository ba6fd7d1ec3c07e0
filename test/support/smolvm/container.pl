# The inner half of an exec of the FAKE smolvm: what crun does in the guest (crates/smolvm-agent/src/{oci,crun}.rs v0.8.0).
# The namespaces of a VM, or of a container in it, are entered; a container of its own is made where one is asked for.
use strict; use POSIX ();

my $arm = (POSIX::uname())[4] eq "aarch64";
our %nr = $arm
  ? (setns => 268, unshare => 97, mount => 40, prctl => 167, prlimit => 261, signalfd => 74)
  : (setns => 308, unshare => 272, mount => 165, prctl => 157, prlimit => 302, signalfd => 289);
my %kinds = (mnt => 0x20000, ipc => 0x8000000, uts => 0x4000000, net => 0x40000000, cgroup => 0x2000000);
# What Docker leaves to root: no SYS_ADMIN.
my %few = map { $_ => 1 } 0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31;

my ($said, $fate);
sub failed { syswrite $fate, "$_[0]: $!"; POSIX::_exit(126) }
sub mounted { my ($from, $to, $type, $flags, $data) = @_;
  syscall($nr{mount}, $from, $to, $type, $flags, $data) == 0 or failed("mount $to") }

# Fresh /proc, terminals and shared memory; the files are the machine's. `fresh`: /tmp and /run too, below which volumes stay.
sub furnish { my ($o) = @_;
  mounted("none", "/", "none", 0x44000, "");
  mounted("proc", "/proc", "proc", 14, "");
  mounted("devpts", "/dev/pts", "devpts", 10, "newinstance,ptmxmode=0666,mode=0620,gid=5");
  mounted("shm", "/dev/shm", "tmpfs", 14, "mode=1777,size=65536k");
  return unless $o->{fresh};
  my @shown;
  for my $path (grep { m{^/(?:tmp|run)/} } split /:/, $o->{shown}) {
    my $folder = -d $path;
    my $tree = syscall(428, -100, $path, 0x88001);
    push @shown, [$path, $folder, $tree] if $tree >= 0;
  }
  mounted("tmp", "/tmp", "tmpfs", 6, "mode=1777");
  mounted("run", "/run", "tmpfs", 6, "mode=0755");
  for (@shown) {
    my ($path, $folder, $tree) = @$_;
    my $above = "";
    for my $part (grep { length } split m{/}, $folder ? $path : $path =~ s{/[^/]*$}{}r) { mkdir $above .= "/$part" }
    if (!$folder) { open(my $file, ">", $path) }
    my $empty = "";
    syscall(429, $tree, $empty, -100, $path, 4) == 0 or failed("volume $path");
    POSIX::close($tree);
  } }

# Says what it is to the record of containers, from creation to running. Whoever deletes it meanwhile has killed it.
sub published { my ($o, $pid) = @_;
  chdir $o->{stateHandle};
  my $gone = sub { POSIX::_exit(137) };
  open(my $record, "+<", $o->{id}) or $gone->();
  open(my $stat, "<", "/proc/self/stat"); my $since = (split / /, <$stat> =~ s/.*\) //sr)[19];
  truncate $record, 0; syswrite $record, "$pid $since"; close $record;
  select(undef, undef, undef, $o->{window} / 1000);
  return sub { chdir $o->{stateHandle}; rename $o->{id}, "$o->{id}.running" or $gone->(); chdir "/" } }

sub become { my ($o, $env, $command, $terminal) = @_;
  POSIX::setsid();
  if (length $terminal) {
    sysopen(my $tty, "/dev/pts/$terminal", 2) or failed("terminal");
    chown $o->{uid}, 5, "/dev/pts/$terminal";
    POSIX::dup2(fileno $tty, $_) for 0 .. 2;
  } else { POSIX::dup2(fileno $o->{stdio}[$_], $_) for 0 .. 2 }
  if ($o->{few}) {
    my $most = pack("QQ", 1024, 1024);
    syscall($nr{prlimit}, 0, 7, $most, 0);
    for my $right (0 .. 63) { syscall($nr{prctl}, 24, $right, 0, 0, 0) unless $few{$right} }
  }
  umask 022;
  if (!chdir $o->{cwd}) { syswrite $fate, "chdir to `$o->{cwd}`: $!"; POSIX::_exit(1) }
  my @groups = split /,/, $o->{groups};
  $( = $groups[0]; $) = "@groups[0, 0 .. $#groups]";
  POSIX::setgid($groups[0]) and POSIX::setuid($o->{uid}) or failed("user");
  %ENV = map { split /=/, $_, 2 } @$env;
  $SIG{PIPE} = "DEFAULT";
  exec { $command->[0] } @$command;
  my $code = $! == 2 ? 127 : 126;
  syswrite $fate, "executable file `$command->[0]` not found in \$PATH: $!";
  POSIX::_exit($code) }

# A container's first process of which the container does not live.
sub idle { my ($o) = @_;
  POSIX::setsid();
  open(my $null, "+<", "/dev/null"); POSIX::dup2(fileno $null, $_) for 0 .. 2;
  POSIX::close($_) for 3 .. 63;
  $0 = "crun: keep-alive"; $SIG{CHLD} = "IGNORE";
  POSIX::pause() while 1 }

# Child of the agent, in the process namespace that it enters. `ready` is told the pid as the host sees it, and how a
# container's first process ended; `go` says which terminal is whose, or nothing when nobody waits any more.
sub inside { my ($o, $env, $command, $ready, $go, $told) = @_;
  $fate = $told;
  my $into = $o->{join} || $o->{vm};
  opendir(my $root, "/proc/$into/root") or failed("container is not running");
  opendir(my $proc, "/proc"); opendir($o->{stateHandle}, $o->{state});
  my %open = map { sysopen(my $one, "/proc/$into/ns/$_", 0) or failed("container is not running"); ($_ => $one) } keys %kinds;
  syscall($nr{setns}, fileno $open{$_}, $kinds{$_}) == 0 or failed("namespace $_") for qw(ipc uts net cgroup mnt);
  chdir $root and chroot "." and chdir "/" or failed("root");
  # Whom nobody waits for is the guest's own child.
  if ($o->{detach}) { my $left = fork // failed("fork"); POSIX::_exit(0) if $left }
  if ($o->{make}) {
    syscall($nr{unshare}, 0x2c020000) == 0 or failed("namespaces");
    my $first = fork // failed("fork");
    if ($first) {
      # It holds nothing of the client's.
      POSIX::dup2(fileno $o->{null}, $_) for 0 .. 2;
      close $_ for $go, $fate, grep { $_ != $o->{null} } @{$o->{stdio}};
      waitpid $first, 0;
      syswrite $ready, "status $?\n";
      POSIX::_exit(0);
    }
  }
  chdir $proc; my $pid = readlink "self"; chdir "/";
  furnish($o) if $o->{make};
  my $run = length $o->{id} ? published($o, $pid) : sub {};
  syswrite $ready, "pid $pid\n";
  my $line = <$go>;
  POSIX::_exit(0) unless defined $line;
  chomp $line;
  $run->();
  idle($o) if $o->{keep};
  become($o, $env, $command, $line) }
1;
