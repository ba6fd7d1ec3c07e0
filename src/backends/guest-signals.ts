/** Name of the variable by which the processes of one exec are found again, to signal them. */
export const EXEC_VARIABLE = "BOT_BOTTLE_EXEC";

/**
 * Words: signal, variable. Signals the process groups of one exec, found by the variable in their environment; KILL goes
 * to each process until none is left. Ends with 1 when there is none. A process that has taken the variable out of its
 * environment is not found and lives on until the cage ends.
 */
export const SIGNAL_EXEC = `
use strict; my ($signal, $variable) = @ARGV; my $any = 0;
for (1 .. ($signal eq "KILL" ? 50 : 1)) {
  my %found;
  opendir(my $d, "/proc") or last;
  for my $pid (grep { /^[0-9]+$/ && $_ != $$ } readdir $d) {
    open(my $f, "<", "/proc/$pid/environ") or next; local $/; my $text = <$f>; next unless defined $text;
    $found{$signal eq "KILL" ? $pid : -getpgrp($pid)} = 1 if grep { $_ eq $variable } split /\\0/, $text;
  }
  last unless %found;
  $any = 1; kill $signal, keys %found;
  select(undef, undef, undef, 0.02);
}
exit !$any;`;
