/** Posts its second argument to the URL of its first, through the proxy of the bottle, and prints the answer. */
export const POST_PROGRAM = `use strict;
use IO::Socket::INET;
my ($url, $body) = @ARGV;
my ($proxy) = ($ENV{http_proxy} // "") =~ m{^http://([^/]+)};
my ($host) = $url =~ m{^http://([^/]+)};
my $socket = IO::Socket::INET->new(PeerAddr => $proxy, Timeout => 10) or die "proxy: $!\\n";
my $length = length $body;
print {$socket} "POST $url HTTP/1.1\\r\\nHost: $host\\r\\nContent-Type: text/plain\\r\\n";
print {$socket} "Content-Length: $length\\r\\nConnection: close\\r\\n\\r\\n$body";
$socket->flush;
print while <$socket>;
`;
