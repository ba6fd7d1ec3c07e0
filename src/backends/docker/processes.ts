import { GUEST } from "../guest.ts";
import { SIGNAL_EXEC } from "../guest-signals.ts";
import { hardeningArguments } from "./cage-arguments.ts";
import { askEngine, type Engine } from "./engine.ts";

/** What a call may take beside what it waits for. */
const CALL_MS = 20_000;

/** Words: ms. TERM to all that the agent may signal, which is all of its own but this one (kill(2)); then KILL. */
const END_ALL = `
use strict; my ($grace) = @ARGV;
sub others { opendir(my $d, "/proc") or return 0; my $n = 0;
  for my $pid (grep { /^[0-9]+$/ && $_ != $$ } readdir $d) {
    open(my $f, "<", "/proc/$pid/status") or next; local $/; my $text = <$f>; next unless defined $text;
    $n++ if $text =~ /^Uid:\\t$<\\t/m && $text !~ /^State:\\t[ZX]/m; }
  return $n }
sub pause { select(undef, undef, undef, 0.02) }
kill "TERM", -1;
for (my $left = $grace; $left > 0 && others(); $left -= 20) { pause() }
for (1 .. 50) { last unless others(); kill "KILL", -1; pause() }`;

/** PURE: words of `docker` that signal an exec; the signal's name and the variable follow. */
export function signalArguments(container: string): string[] {
  return perlArguments(container, SIGNAL_EXEC);
}

/** Kills what one exec left inside. Idempotent; a cage that is gone is fine. */
export async function killExec(engine: Engine, container: string, variable: string): Promise<void> {
  await askEngine(engine, [...signalArguments(container), "KILL", variable], { timeoutMs: CALL_MS });
}

export interface KillPlace {
  readonly container: string;
  /** Id of its image. */
  readonly image: string;
  /** Words that label what serves it. */
  readonly labels: readonly string[];
}

/**
 * TERM to every process of the agent, KILL after `graceMs`. Idempotent; a cage that is gone is fine. An agent can keep
 * this from entering (all processes that its cage may have) or kill it (it has the agent's uid): then all are killed at
 * once from a container of its own, which shares only the cage's processes.
 */
export async function endAll(engine: Engine, cage: KillPlace, graceMs: number): Promise<void> {
  const args = [...perlArguments(cage.container, END_ALL), String(graceMs)];
  const { code } = await askEngine(engine, args, { timeoutMs: graceMs + CALL_MS });
  if (code !== 0) await askEngine(engine, killerArguments(cage), { timeoutMs: CALL_MS });
}

/**
 * Becomes the agent only for kill(2) with -1, which hits all of its processes at one moment and nobody else's; a process
 * that has changed its uid cannot be traced by others of that uid (prctl(2), PR_SET_DUMPABLE).
 */
const KILL_ALL = `use POSIX (); POSIX::setgid(${GUEST.uid}); POSIX::setuid(${GUEST.uid}); kill "KILL", -1;`;

function killerArguments({ container, image, labels }: KillPlace): string[] {
  return [
    ...[
      "run",
      "--interactive",
      ...labels,
      ...hardeningArguments(),
      "--network",
      "none",
      "--pid",
      `container:${container}`,
    ],
    ...["--user", "0:0", "--cap-add", "SETUID", "--cap-add", "SETGID", "--entrypoint", "/usr/bin/perl"],
    ...[image, "-e", KILL_ALL],
  ];
}

function perlArguments(container: string, program: string): string[] {
  const user = `${GUEST.uid}:${GUEST.uid}`;
  return ["exec", "--user", user, "--workdir", "/", container, "/usr/bin/perl", "-e", program, "--"];
}
