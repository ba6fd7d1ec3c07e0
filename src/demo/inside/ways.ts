import type { GuestNetwork } from "../../core/model/guest-network.ts";

/**
 * Tries the ways out that do not lead through the gateway and prints `name=open|refused WHY` lines. Addresses other
 * than loopback are dialled only after the network namespace was seen to hold no interface but those of its kind of
 * network (`GuestNetwork`), so that even a broken cage sends no packet far; they are of the documentation ranges
 * (RFC 5737, RFC 3849) or link-local. Beside a gateway, a packet goes to a neighbour or nowhere: who waits long enough
 * is told that the next hop is nobody.
 * Arguments: `lures` or `all`, kind of network, TCP port, abstract socket name, socket path. With `lures` only what the
 * demo itself put on the host is tried: run on the host, that shows that the lures are there and that this program
 * finds them.
 */
export const WAYS_PROGRAM = String.raw`
use strict; use Socket; use Errno; $| = 1;
my ($mode, $network, $port, $abstract, $path) = @ARGV;
my ($gateway, $gateway_port) = ($ENV{http_proxy} // "") =~ m{^http://([a-z0-9.-]+):(\d+)};
my $patience = 3;
delete $ENV{$_} for grep { /_proxy$/i } keys %ENV;
sub why { my $number = $! + 0; for my $name (qw(ENETUNREACH EHOSTUNREACH ECONNREFUSED ENOENT EPERM EACCES EAFNOSUPPORT EPROTONOSUPPORT ESOCKTNOSUPPORT EADDRNOTAVAIL ETIMEDOUT ENODEV EINVAL)) { return "refused $name" if $!{$name} } return "refused errno $number" }
sub way { my ($name, $family, $type, $address, $data) = @_;
  my $answer = $type == SOCK_DGRAM ? "refused unanswered" : "refused ETIMEDOUT";
  eval { local $SIG{ALRM} = sub { die }; alarm $patience;
    if (!socket(my $s, $family, $type, 0)) { $answer = why() }
    elsif (!connect($s, $address)) { $answer = why() }
    elsif (defined $data && !defined send($s, $data, 0)) { $answer = why() }
    elsif ($type == SOCK_STREAM) { my $got = sysread($s, my $b, 64); $answer = "open" . (defined $b && $b =~ /^(\w+)/ ? " $1" : "") }
    elsif ($network eq "none") { $answer = "open" }
    elsif (defined sysread($s, my $b, 512)) { $answer = $name eq "resolver" && (ord(substr($b, 3)) & 15) == 2 ? "refused SERVFAIL" : "open" }
    else { $answer = why() }
  }; alarm 0;
  print "$name=$answer\n" }
way("host_loopback", AF_INET, SOCK_STREAM, pack_sockaddr_in($port, INADDR_LOOPBACK));
way("abstract_socket", AF_UNIX, SOCK_STREAM, pack("S a*", AF_UNIX, "\0$abstract"));
way("path_socket", AF_UNIX, SOCK_STREAM, pack_sockaddr_un($path));
exit 0 if $mode eq "lures";
sub lines { open(my $f, "<", $_[0]) or return (); my @l = <$f>; return @l }
my @devices = map { /^\s*([^:\s]+):/ ? $1 : () } lines("/proc/net/dev");
my @routes = ((grep { !/^Iface/ } lines("/proc/net/route")), (grep { !/\slo$/ } lines("/proc/net/ipv6_route")));
print "devices=", join(",", @devices), "\nroutes=", scalar(@routes), "\n";
my @outside = ([ipv4 => AF_INET, SOCK_STREAM, pack_sockaddr_in(443, inet_aton("192.0.2.1"))],
  [ipv6 => AF_INET6, SOCK_STREAM, pack_sockaddr_in6(443, Socket::inet_pton(AF_INET6, "2001:db8::1"))],
  [udp => AF_INET, SOCK_DGRAM, pack_sockaddr_in(9, inet_aton("198.51.100.1")), "x"],
  [dns_server => AF_INET, SOCK_DGRAM, pack_sockaddr_in(53, inet_aton("192.0.2.53")), "x"],
  [metadata => AF_INET, SOCK_STREAM, pack_sockaddr_in(80, inet_aton("169.254.169.254"))]);
my $lone = @devices == 1 && $devices[0] eq "lo" && !@routes;
if ($network eq "gateway-only") {
  my ($subnet, $hop) = (0, 0);
  for (@routes) { my (undef, $to, $by) = split /\t/; defined $by && $by =~ /^[0-9A-F]{8}$/ or next; my ($t, $b) = map { unpack("N", pack("V", hex)) } $to, $by; if ($b) { $hop = $b } else { $subnet = $t } }
  push @outside, [next_hop => AF_INET, SOCK_STREAM, pack_sockaddr_in(9, pack("N", $hop || $subnet + 1))],
    [resolver => AF_INET, SOCK_DGRAM, pack_sockaddr_in(53, inet_aton("127.0.0.11")), pack("n6", 7, 256, 1, 0, 0, 0) . "\x08unlisted\x07example\0" . pack("n2", 1, 1)];
  $lone = join(",", sort @devices) eq "eth0,lo";
  $patience = 6;
}
if ($lone) {
  # All at once: a next hop that is nobody is silent for seconds.
  my @children = map { my $way = $_; my $pid = fork; if (defined $pid && !$pid) { way(@$way); exit 0 } $pid } @outside;
  waitpid($_, 0) for grep { defined } @children;
  print "dns_name=", (defined gethostbyname("unlisted.example") ? "open" : "refused unresolved"), "\n";
} else { print "$_->[0]=not-tried\n" for @outside; print "dns_name=not-tried\n" }
print "vsock=", (socket(my $v, 40, SOCK_STREAM, 0) ? "open" : why()), "\n";
my $status = "none";
if (defined $gateway) { my $g; eval { local $SIG{ALRM} = sub { die }; alarm 5;
  if (socket($g, AF_INET, SOCK_STREAM, 0) && connect($g, pack_sockaddr_in($gateway_port, inet_aton($gateway)))) {
    syswrite($g, "CONNECT 127.0.0.1:$port HTTP/1.1\r\nHost: 127.0.0.1:$port\r\n\r\n"); sysread($g, my $b, 4096);
    $status = $1 if defined $b && $b =~ m{^HTTP/1\.1 (\d{3})} } }; alarm 0 }
print "gateway_to_host=$status\n";
my @neighbours = grep { my (undef, undef, $flags) = split; defined $flags && $flags =~ /^0x/ && hex($flags) & 2 } lines("/proc/net/arp");
print "neighbours=", scalar(@neighbours), "\n";
`;

type Way = readonly [name: string, words: string];

/** Every way that must be refused, in the order of the evidence, by the words that the demo shows. */
export const WAYS: readonly Way[] = [
  ["ipv4", "IPv4"],
  ["ipv6", "IPv6"],
  ["udp", "UDP"],
  ["dns_server", "DNS server"],
  ["dns_name", "name look-up"],
  ["metadata", "metadata address"],
  ["host_loopback", "host loopback"],
  ["vsock", "vsock"],
  ["abstract_socket", "abstract socket"],
  ["path_socket", "path socket"],
];

/** Those that there are on a network with the gateway alone. */
const BESIDE_A_GATEWAY: readonly Way[] = [
  ["next_hop", "next hop"],
  ["resolver", "the engine's resolver"],
];

export function waysOf(network: GuestNetwork): readonly Way[] {
  return network === "gateway-only" ? [...WAYS, ...BESIDE_A_GATEWAY] : WAYS;
}

/** What the demo itself puts on the host, to show that it cannot be reached from inside. */
export const LURE_WAYS = ["host_loopback", "abstract_socket", "path_socket"] as const;
