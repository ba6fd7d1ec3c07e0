/**
 * Runs inside, as a tool of the agent: looks through the memory and the environment of the processes above it (the
 * agent's own) for anything shaped like a credential of the provider and prints each once, as `found=...`. It knows no
 * value to look for, since the real one must not be inside. Where the kernel keeps a child from reading its parent's
 * memory (Yama), it says `memory=closed`.
 */
export const MEMORY_PROGRAM = String.raw`
use strict;
my $shape = qr/sk-ant-[A-Za-z0-9_-]{24,200}/;
my (%found, $bytes, $closed, $seen); my $left = 1 << 30;
sub note { my ($text) = @_; $found{$1} = 1 while $text =~ /($shape)/g }
my $pid = getppid();
while ($pid > 1) {
  if (open(my $e, "<", "/proc/$pid/environ")) { local $/; note(scalar(<$e>) // ""); close $e }
  if (open(my $m, "<", "/proc/$pid/mem") and open(my $maps, "<", "/proc/$pid/maps")) {
    $seen++;
    binmode $m;
    while (my $line = <$maps>) {
      next unless $line =~ /^([0-9a-f]+)-([0-9a-f]+) rw/;
      no warnings "portable";
      my ($at, $end) = (hex $1, hex $2);
      next if $end - $at > 1 << 29 or $line =~ /\[v(var|syscall)/;
      my $tail = "";
      while ($at < $end && $left > 0) {
        sysseek($m, $at, 0) or last;
        my $got = sysread($m, my $piece, $end - $at < 1 << 20 ? $end - $at : 1 << 20);
        last unless $got;
        $at += $got; $left -= $got; $bytes += $got;
        my $text = $tail . $piece;
        note($text) if index($text, "sk-ant-") >= 0;
        $tail = substr($text, -256);
      }
    }
  } else { $closed = 1 }
  open(my $s, "<", "/proc/$pid/stat") or last;
  my ($rest) = <$s> =~ /.*\) (.*)/ or last;
  $pid = (split / /, $rest)[1];
}
print $seen ? "memory=read\n" : "memory=closed\n";
print "mebibytes=", int(($bytes // 0) / 1048576), "\n";
print "found=$_\n" for sort keys %found;
`;

export interface MemoryReport {
  readonly readable: boolean;
  readonly mebibytes: number;
  /** Everything shaped like a credential of the provider. */
  readonly found: readonly string[];
}

/** Reads the program's words; null when they are not of its shape. */
export function readMemoryReport(text: string): MemoryReport | null {
  const state = /^memory=(read|closed)$/m.exec(text)?.[1];
  const mebibytes = /^mebibytes=(\d{1,7})$/m.exec(text)?.[1];
  if (state === undefined || mebibytes === undefined) return null;
  const found = [...text.matchAll(/^found=([A-Za-z0-9_-]{1,256})$/gm)].map((match) => match[1] ?? "");
  return { readable: state === "read", mebibytes: Number(mebibytes), found };
}
