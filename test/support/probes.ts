import { JUDGED, REFUSED } from "../../src/backends/system-calls.ts";
import type { TestBottle } from "./test-bottle.ts";

const column = process.arch === "arm64" ? 1 : 0;

/** Number of a system call on this machine. */
export function callNumber(name: string): number {
  const judged = JUDGED[process.arch === "arm64" ? "arm64" : "x64"] as Readonly<Record<string, number>>;
  const number = judged[name] ?? REFUSED[name]?.[column];
  if (number === null || number === undefined) throw new Error(`no number for ${name}`);
  return number;
}

/** Runs a perl program inside; it prints lines. Numbers above 2^31 are fine: perl's integers have 64 bits. */
export async function perl(b: TestBottle, program: string, ...args: readonly string[]): Promise<string> {
  const result = await b.bottle.exec({ argv: ["/usr/bin/perl", "-e", program, ...args] }, { timeoutMs: 60_000 });
  if (result.code !== 0) throw new Error(`perl ended with ${result.code}: ${result.stderr.toString()}`);
  return result.stdout.toString();
}

/**
 * Makes each system call inside, in a child of its own, and tells its errno (0: it worked), or `-n` when signal n
 * ended the child. Arguments that are text become perl expressions.
 */
export async function errnos(
  b: TestBottle,
  calls: readonly (readonly [number, ...(number | string)[]])[],
): Promise<number[]> {
  const list = calls.map((call) => `sub { syscall(${[...call, 0, 0, 0, 0, 0].slice(0, 7).join(", ")}) }`).join(",\n");
  const out = await perl(
    b,
    `$| = 1; my $buf = "x" x 64;
     for my $call (${list}) {
       pipe(my $r, my $w); my $pid = fork();
       if (!$pid) { $! = 0; my $got = $call->(); my $e = $got == -1 ? $! + 0 : 0; syswrite $w, "$e\\n"; exit 0 }
       close $w; my $line = <$r>; waitpid $pid, 0;
       print defined $line ? $line : "-" . ($? & 127) . "\\n";
     }`,
  );
  return out.trim().split("\n").map(Number);
}

export const EPERM = 1;
export const ENOTTY = 25;
export const ENOSYS = 38;
export const EAFNOSUPPORT = 97;
