/**
 * The seal check's program, run inside the bottle as the agent. It prints `key=value` lines, an empty line, and then
 * everything in which a secret could have come in (environment, /proc, provisioned files), raw, for the host to search.
 * Addresses are dialled only after the namespace was seen to hold no interface but `lo`, so that not even a broken
 * cage sends a packet; what is dialled is of the documentation ranges (RFC 5737, RFC 3849) and link-local.
 */
export const SEAL_PROBE = String.raw`
use strict; use Socket; $| = 1;
my ($port, @folders) = @ARGV;
sub slurp { my ($p, $max) = @_; open(my $f, "<", $p) or return ""; binmode $f; my $t = ""; my $got; while (length($t) < $max && ($got = sysread($f, my $b, 65536))) { $t .= $b } close $f; return $t }
my $status = slurp("/proc/self/status", 65536);
for my $key (qw(Uid Gid CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp)) { my ($v) = $status =~ /^$key:\s*(\S+)/m; print "$key=" . ($v // "?") . "\n" }
my @devices = map { /^\s*([^:\s]+):/ ? $1 : () } split /\n/, slurp("/proc/net/dev", 65536);
print "devices=", join(",", @devices), "\n";
my @routes = grep { !/^Iface/ } split /\n/, slurp("/proc/net/route", 65536);
print "routes=", scalar(@routes), "\n";
print "unix=", scalar(grep { /\s@/ } split /\n/, slurp("/proc/net/unix", 1 << 20)), "\n";
my %kind = (vsock => [40, SOCK_STREAM, 0], packet => [17, SOCK_RAW, 0x0300], alg => [38, 5, 0], netlink_other => [16, SOCK_RAW, 15], raw => [AF_INET, SOCK_RAW, 1], bluetooth => [31, SOCK_RAW, 1], xdp => [44, SOCK_RAW, 0]);
for my $name (sort keys %kind) { my $ok = socket(my $s, $kind{$name}[0], $kind{$name}[1], $kind{$name}[2]); print "family_$name=", ($ok ? "open" : "refused " . ($!+0)), "\n" }
if (@devices == 1 && $devices[0] eq "lo" && !@routes) {
  my %target = (ipv4 => ["192.0.2.1", 80, SOCK_STREAM], metadata => ["169.254.169.254", 80, SOCK_STREAM], dns => ["192.0.2.53", 53, SOCK_DGRAM], udp => ["198.51.100.1", 9, SOCK_DGRAM]);
  for my $name (sort keys %target) {
    my ($host, $p, $type) = @{$target{$name}}; socket(my $s, AF_INET, $type, 0) or do { print "way_$name=refused socket\n"; next };
    my $ok = eval { local $SIG{ALRM} = sub { die }; alarm 2; my $r = connect($s, sockaddr_in($p, inet_aton($host))); my $e = $!+0; alarm 0; $! = $e; $r };
    print "way_$name=", ($ok ? "open" : "refused " . ($!+0)), "\n";
  }
  my $s6; my $ok6 = socket($s6, AF_INET6, SOCK_STREAM, 0) && connect($s6, pack_sockaddr_in6(80, Socket::inet_pton(AF_INET6, "2001:db8::1")));
  print "way_ipv6=", ($ok6 ? "open" : "refused " . ($!+0)), "\n";
} else { print "way_all=not-tried\n" }
my $answer = "none";
eval { local $SIG{ALRM} = sub { die }; alarm 5; socket(my $g, AF_INET, SOCK_STREAM, 0); if (connect($g, sockaddr_in($port, inet_aton("127.0.0.1")))) {
  syswrite($g, "CONNECT seal-check.invalid:443 HTTP/1.1\r\nHost: seal-check.invalid:443\r\n\r\n"); sysread($g, my $b, 4096); $answer = $1 if defined $b && $b =~ m{^HTTP/1\.1 (\d{3})} } alarm 0; };
print "gateway=$answer\n\n";
for my $p (glob("/proc/[0-9]*")) { for my $f (qw(environ cmdline)) { print slurp("$p/$f", 1 << 20), "\n" } }
my $left = 64 << 20; my @todo = @folders;
while (defined(my $dir = shift @todo) && $left > 0) {
  opendir(my $d, $dir) or next;
  for my $n (readdir $d) { next if $n eq "." || $n eq ".."; my $p = "$dir/$n"; lstat $p; if (-l _) { next } elsif (-d _) { push @todo, $p } elsif (-f _) { my $t = slurp($p, $left < 1 << 20 ? $left : 1 << 20); $left -= length $t; print $n, "\n", $t, "\n" } }
}
`;
