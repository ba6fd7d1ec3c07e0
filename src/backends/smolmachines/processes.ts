import { run } from "../../host/exec.ts";
import { GUEST } from "../guest.ts";
import { EXEC_VARIABLE } from "../guest-signals.ts";
import { smolvmError } from "./command-line.ts";
import { signalWords } from "./entry-arguments.ts";
import { findMachine, isUp } from "./machines.ts";
import { type Reach, reachCommand } from "./reach.ts";

/** What a call may take beside what it waits for. */
const CALL_MS = 20_000;

/**
 * Words: ms. As the machine's root, whom no limit of the agent's keeps out: TERM to all of the agent's, once to each and
 * also to what comes meanwhile, then KILL.
 */
const END_ALL = `
use strict; my ($grace) = @ARGV; my %asked;
sub theirs { my @found; opendir(my $d, "/proc") or return ();
  for my $pid (grep { /^[0-9]+$/ } readdir $d) {
    open(my $f, "<", "/proc/$pid/status") or next; local $/; my $text = <$f>; next unless defined $text;
    push @found, $pid if $text =~ /^Uid:\\t${GUEST.uid}\\t/m && $text !~ /^State:\\t[ZX]/m; }
  return @found }
sub pause { select(undef, undef, undef, 0.02) }
for (my $left = $grace; $left > 0; $left -= 20) {
  my @left = theirs() or exit 0;
  kill "TERM", grep { !$asked{$_}++ } @left;
  pause();
}
for (1 .. 100) { my @left = theirs() or last; kill "KILL", @left; pause() }`;

/** Kills what one exec left inside. Idempotent; a machine that is gone is fine. */
export async function killExec(reach: Reach, token: string): Promise<void> {
  const words = [...signalWords(reach.manner), "KILL", `${EXEC_VARIABLE}=${token}`];
  await run(reachCommand(reach, false, words), { timeoutMs: CALL_MS });
}

/**
 * TERM to every process of the agent, KILL after `graceMs`. Idempotent; a machine that is gone is fine. Rejects with
 * TEARDOWN_INCOMPLETE.
 */
export async function endAll(reach: Reach, graceMs: number): Promise<void> {
  const words = ["/usr/bin/perl", "-e", END_ALL, "--", String(graceMs)];
  const result = await run(reachCommand(reach, false, words), { timeoutMs: graceMs + CALL_MS });
  if (result.code === 0) return;
  const found = await findMachine(reach.smolvm, reach.machine);
  if (found !== null && isUp(found)) throw smolvmError(result, ["machine", "exec"], "TEARDOWN_INCOMPLETE");
}
