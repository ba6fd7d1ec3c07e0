/**
 * Runs inside: streams out, raw, all in which a credential could lie that this user can read: environment, arguments,
 * mounts and memory maps of every process, the kernel's lists, and every file of the places that belong to the bottle.
 * The program of the agent and the system's read-only folders are the host's own public files. Counts go to stderr.
 */
export const EVERYTHING_PROGRAM = String.raw`
use strict; $| = 1;
my ($files, $processes, $bytes) = (0, 0, 0);
sub pour { my ($path, $max) = @_; open(my $f, "<", $path) or return 0; binmode $f; my $got; my $sum = 0;
  while ($sum < $max && ($got = sysread($f, my $b, 65536))) { print $b; $sum += $got } close $f; print "\n"; $bytes += $sum; return 1 }
for my $name (sort keys %ENV) { print "$name=$ENV{$name}\n" }
for my $process (glob("/proc/[0-9]*")) { $processes++; pour("$process/$_", 1 << 22) for qw(environ cmdline comm mountinfo maps status) }
pour("/proc/$_", 1 << 20) for qw(keys key-users cmdline version mounts net/unix net/tcp);
my @todo = (readlink("/proc/self/cwd"), qw(/home /tmp /var/tmp /run /etc /opt /dev/shm));
while (defined(my $folder = shift @todo)) {
  opendir(my $d, $folder) or next;
  for my $name (readdir $d) {
    next if $name eq "." or $name eq "..";
    my $path = "$folder/$name"; print "$path\n"; lstat $path;
    if (-l _) { print readlink($path) // "", "\n" } elsif (-d _) { push @todo, $path }
    elsif (-f _ && -s _ < 64 << 20) { $files++ if pour($path, 64 << 20) }
  }
}
print STDERR "processes=$processes\nfiles=$files\nbytes=$bytes\n";
`;
