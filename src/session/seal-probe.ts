/**
 * The seal check's program, run inside the bottle as the agent. It prints `key=value` lines, an empty line, and then
 * everything in which a secret could have come in (environment, /proc, provisioned files), raw, for the host to search.
 * Addresses are dialled only after the namespace was seen to hold no interface but `lo`, so that not even a broken
 * cage sends a packet; what is dialled is of the documentation ranges (RFC 5737, RFC 3849) and link-local. On a network with
 * its gateway alone (decision 8) a packet goes to a neighbour or nowhere: what counts is that the next hop is nobody, and
 * that the engine's resolver at 127.0.0.11 has no answer.
 * Numbers and not the names of Socket.pm (AF_INET 2, AF_INET6 10, SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_RAW 3), which
 * takes longer to load than all the rest takes to run.
 */
export const SEAL_PROBE = String.raw`
use strict; $| = 1;
my ($host, $port, $network, $mcp, @folders) = @ARGV;
sub inet4 { my ($host, $p) = @_; return pack("S n C4 x8", 2, $p, split /\./, $host) }
sub slurp { my ($p, $max) = @_; open(my $f, "<", $p) or return ""; binmode $f; my $t = ""; my $got; while (length($t) < $max && ($got = sysread($f, my $b, 65536))) { $t .= $b } close $f; return $t }
my $status = slurp("/proc/self/status", 65536);
for my $key (qw(Uid Gid CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp)) { my ($v) = $status =~ /^$key:\s*(\S+)/m; print "$key=" . ($v // "?") . "\n" }
my @devices = map { /^\s*([^:\s]+):/ ? $1 : () } split /\n/, slurp("/proc/net/dev", 65536);
print "devices=", join(",", sort @devices), "\n";
my @routes = grep { !/^Iface/ } split /\n/, slurp("/proc/net/route", 65536);
print "routes=", scalar(@routes), "\n";
print "unix=", scalar(grep { /\s@/ } split /\n/, slurp("/proc/net/unix", 1 << 20)), "\n";
my %kind = (vsock => [40, 1, 0], packet => [17, 3, 0x0300], alg => [38, 5, 0], netlink_other => [16, 3, 15], raw => [2, 3, 1], bluetooth => [31, 3, 1], xdp => [44, 3, 0]);
for my $name (sort keys %kind) { my $ok = socket(my $s, $kind{$name}[0], $kind{$name}[1], $kind{$name}[2]); print "family_$name=", ($ok ? "open" : "refused " . ($!+0)), "\n" }
if (@devices == 1 && $devices[0] eq "lo" && !@routes) {
  my %target = (ipv4 => ["192.0.2.1", 80, 1], metadata => ["169.254.169.254", 80, 1], dns => ["192.0.2.53", 53, 2], udp => ["198.51.100.1", 9, 2]);
  for my $name (sort keys %target) {
    my ($host, $p, $type) = @{$target{$name}}; socket(my $s, 2, $type, 0) or do { print "way_$name=refused socket\n"; next };
    my $ok = eval { local $SIG{ALRM} = sub { die }; alarm 2; my $r = connect($s, inet4($host, $p)); my $e = $!+0; alarm 0; $! = $e; $r };
    print "way_$name=", ($ok ? "open" : "refused " . ($!+0)), "\n";
  }
  my $s6; my $ok6 = socket($s6, 10, 1, 0) && connect($s6, pack("S n N H32 N", 10, 80, 0, "20010db8" . "0" x 23 . "1", 0));
  print "way_ipv6=", ($ok6 ? "open" : "refused " . ($!+0)), "\n";
} elsif ($network eq "gateway-only" && join(",", sort @devices) eq "eth0,lo") {
  my ($subnet, $hop) = (0, 0);
  for (@routes) { my (undef, $to, $by, $flags) = split /\t/; my ($t, $b) = map { unpack("N", pack("V", hex)) } $to, $by; if ($b) { $hop = $b } else { $subnet = $t } }
  $hop ||= $subnet + 1;
  my %try = (ipv4 => [1, inet4("192.0.2.1", 80)], nexthop => [1, inet4(join(".", unpack("C4", pack("N", $hop))), 9)], udp => [2, inet4("198.51.100.1", 9)], dns => [2, inet4("127.0.0.11", 53)]);
  my %socket;
  for my $name (keys %try) { socket(my $s, 2, $try{$name}[0], 0) or next; fcntl($s, 4, 2048); connect($s, $try{$name}[1]); $socket{$name} = $s }
  syswrite($socket{udp}, "?"); syswrite($socket{dns}, pack("n6", 7, 256, 1, 0, 0, 0) . "\x0aseal-check\x07invalid\0" . pack("n2", 1, 1));
  select(undef, undef, undef, 0.4);
  my $answered = sysread($socket{dns}, my $reply, 512);
  my $code = $answered ? ord(substr($reply, 3, 1)) & 15 : 2;
  # No such name, or an address: somebody outside was asked.
  print "way_dns=", ($code == 0 || $code == 3 ? "open" : "refused $code"), "\n";
  print "way_udp=", (sysread($socket{udp}, my $back, 16) ? "open" : "refused 110"), "\n";
  # A refusal is an answer, too: only silence, or that there is no such neighbour, means that nobody is there.
  for my $name (qw(ipv4 nexthop)) { my $e = unpack("i", getsockopt($socket{$name}, 1, 4)); print "way_$name=", (getpeername($socket{$name}) || $e == 111 ? "open" : "refused " . ($e || 110)), "\n" }
  my $s6; my $ok6 = socket($s6, 10, 1, 0) && connect($s6, pack("S n N H32 N", 10, 80, 0, "20010db8" . "0" x 23 . "1", 0));
  print "way_ipv6=", ($ok6 ? "open" : "refused " . ($!+0)), "\n";
} else { print "way_all=not-tried\n" }
my $answer = "none";
my $address = $host =~ /^[0-9.]+$/ ? $host : join(".", unpack("C4", gethostbyname($host) // ""));
eval { local $SIG{ALRM} = sub { die }; alarm 5; socket(my $g, 2, 1, 0); if (connect($g, inet4($address, $port))) {
  syswrite($g, "CONNECT seal-check.invalid:443 HTTP/1.1\r\nHost: seal-check.invalid:443\r\n\r\n"); sysread($g, my $b, 4096); $answer = $1 if defined $b && $b =~ m{^HTTP/1\.1 (\d{3})} } alarm 0; };
if ($mcp) { my $said = "none"; eval { local $SIG{ALRM} = sub { die }; alarm 5; socket(my $s, 2, 1, 0); if (connect($s, inet4($address, $port))) {
  syswrite($s, "GET /mcp HTTP/1.1\r\nHost: $host:$port\r\nConnection: close\r\n\r\n"); sysread($s, my $b, 4096); $said = $1 if defined $b && $b =~ m{^HTTP/1\.1 (\d{3})} } alarm 0; };
  print "mcp=$said\n" }
my $neighbours = grep { my (undef, undef, $flags) = split; defined $flags && $flags =~ /^0x/ && hex($flags) & 2 } split /\n/, slurp("/proc/net/arp", 65536);
print "neighbours=$neighbours\n" if $network eq "gateway-only";
print "gateway=$answer\n\n";
opendir(my $processes, "/proc"); my @pids = grep { /^[0-9]/ } readdir $processes;
for my $p (map { "/proc/$_" } @pids) { for my $f (qw(environ cmdline)) { print slurp("$p/$f", 1 << 20), "\n" } }
my $left = 64 << 20; my @todo = @folders;
while (defined(my $dir = shift @todo) && $left > 0) {
  opendir(my $d, $dir) or next;
  for my $n (readdir $d) { next if $n eq "." || $n eq ".."; my $p = "$dir/$n"; lstat $p; if (-l _) { next } elsif (-d _) { push @todo, $p } elsif (-f _) { my $t = slurp($p, $left < 1 << 20 ? $left : 1 << 20); $left -= length $t; print $n, "\n", $t, "\n" } }
}
`;
