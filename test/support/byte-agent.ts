/**
 * Words for the agent `shell` that run a made-up agent: it takes the terminal raw, prints `before` as it is, its size at
 * the start and at every change, and each byte that it reads in hexadecimal, until a `q` comes; ends with 5.
 */
export function byteAgent(before = ""): readonly string[] {
  const program = `$| = 1; system "stty raw -echo";
sub size { my $b = "\\0" x 8; ioctl STDIN, 0x5413, $b; printf "size %dx%d\\r\\n", unpack "SS", $b }
$SIG{WINCH} = \\&size; print pack("H*", shift); size(); print "ready\\r\\n";
for (;;) { my $n = sysread STDIN, my $x, 4096; next unless defined $n; last unless $n; print "got ", unpack("H*", $x), "\\r\\n"; last if $x =~ /q/ }
system "stty sane"; exit 5`;
  return ["-c", 'exec perl -e "$0" "$@"', program, Buffer.from(before).toString("hex")];
}

/** The bytes that it says it got, of what a terminal showed. */
export function bytesGot(shown: string): string {
  const hex = [...shown.matchAll(/got ([0-9a-f]+)/g)].map(([, digits]) => digits).join("");
  return Buffer.from(hex, "hex").toString("latin1");
}
