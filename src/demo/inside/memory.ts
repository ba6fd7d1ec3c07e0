/**
 * Runs inside, as a tool of the agent: looks through the memory and the environment of the processes above it (the
 * agent's own) for anything shaped like a credential of the provider and prints each once, as `found=...`. It knows no
 * value to look for, since the real one must not be inside. Where the kernel keeps a child from reading its parent's
 * memory (Yama), it says `memory=closed`.
 */
export const MEMORY_PROGRAM = String.raw`
use strict; no warnings "portable";
# Ends before a byte of another kind: what a piece of memory cuts is found again, whole, with the next one.
my $shape = qr/sk-ant-[A-Za-z0-9_-]{24,200}(?=[^A-Za-z0-9_-])/s;
my $page = 4096; my $block = 8192;
my (%found, $bytes, $seen); my $left = 4 << 30;
sub note { my ($text) = @_; $found{$1} = 1 while $text =~ /($shape)/g }
# Runs of pages that exist, as [from, to): the agent reserves far more than it ever touches (proc_pid_pagemap(5)).
sub runs { my ($map, $at, $end) = @_; my @runs; my $from;
  while ($at < $end) {
    sysseek($map, $at / $page * 8, 0); my $count = ($end - $at) / $page; $count = $block if $count > $block;
    my $got = sysread($map, my $entries, $count * 8); return ([$at, $end]) unless $got && $got == $count * 8;
    for my $high (unpack("(x7C)*", $entries)) {
      if ($high & 0xc0) { $from //= $at } elsif (defined $from) { push @runs, [$from, $at]; $from = undef }
      $at += $page } }
  push @runs, [$from, $at] if defined $from; return @runs }
sub search { my ($memory, $at, $end) = @_; my $tail = "";
  while ($at < $end && $left > 0) {
    sysseek($memory, $at, 0) or last;
    my $got = sysread($memory, my $piece, $end - $at < 1 << 20 ? $end - $at : 1 << 20) or last;
    $at += $got; $left -= $got; $bytes += $got;
    my $text = $tail . $piece;
    note($text) if index($text, "sk-ant-") >= 0;
    $tail = substr($text, -256) }
  note("$tail\0") }
my $pid = getppid();
while ($pid > 1) {
  if (open(my $e, "<", "/proc/$pid/environ")) { local $/; note((scalar(<$e>) // "") . "\0"); close $e }
  if (open(my $memory, "<", "/proc/$pid/mem") and open(my $regions, "<", "/proc/$pid/smaps") and open(my $map, "<", "/proc/$pid/pagemap")) {
    $seen++; binmode $_ for $memory, $map;
    my ($at, $end);
    while (my $line = <$regions>) {
      if ($line =~ /^([0-9a-f]+)-([0-9a-f]+) (..)/) { ($at, $end) = $3 eq "rw" ? (hex $1, hex $2) : () }
      elsif (defined $at && $line =~ /^(?:Rss|Swap):\s+[1-9]/) { search($memory, @$_) for runs($map, $at, $end); $at = undef } } }
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
