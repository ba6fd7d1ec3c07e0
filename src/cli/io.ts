import { BottleError } from "../core/model/errors.ts";
import { printableLines } from "../core/wire/printable.ts";

/** What a verb may use of the process that runs it. stdout is data, stderr is talk to a person. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asked for only where it is needed: it may have been removed under us. Errors: USAGE. */
  readonly cwd: string;
  /** True where a person can be asked: stdin and stdout are terminals. */
  readonly interactive: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** True when colours may be used on stdout (terminal, no NO_COLOR, TERM not dumb). */
  readonly colour: boolean;
  /** Data, written as it is. */
  out(text: string): void;
  /** One line of talk; control characters in it are escaped. */
  say(line: string): void;
  /** Asks on the terminal without echo; only where `interactive`. */
  ask(question: string): Promise<string>;
  /** Aborted by SIGINT, SIGTERM or SIGHUP; the reason is the signal's name. */
  readonly signal: AbortSignal;
  /** From here on talk goes there, that of a crash too. */
  divert(sink: (line: string) => void): void;
  /** How this very program is started again: program, its own options, script. */
  readonly self: readonly string[];
  /** Signals by which a shell and a terminal rule a program that has the screen; absent where nobody listens to them. */
  readonly jobs?: JobSignals;
  /** Set in the host process of a detached bottle; null: this process has what a terminal it has from the operator. */
  readonly hosted: Hosted | null;
}

/** Only the program's entry listens to signals: this is what it lets a verb have of them. */
export interface JobSignals {
  /** Ctrl-C, Ctrl-\\ and Ctrl-Z are another program's, which has the terminal, until the answered function is called. */
  lend(): () => void;
  /** Calls back when this process goes on after it was stopped (SIGCONT). Answers what ends that. */
  resumed(hear: () => void): () => void;
}

/** What the host process of a detached bottle knows of who started it. */
export interface Hosted {
  /** Of the operator's terminal, as the size that the agent's first has. */
  readonly columns: number;
  readonly rows: number;
  /** The bottle called `name` runs: who started it may go. Talk goes into `log` from here on. */
  ready(name: string, log: string): void;
}

/** Reads a line from the terminal without showing it. */
async function askHidden(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const { Writable } = await import("node:stream");
  process.stderr.write(`${printableLines(question)}: `);
  const mute = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: mute, terminal: true });
  try {
    return await lines.question("", { signal });
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}

function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new BottleError("USAGE", "the current folder is gone", { hint: "cd to a folder that exists" });
  }
}

/** The real process's Io. */
export function processIo(signal: AbortSignal, self: readonly string[], jobs?: JobSignals): Io {
  const stdoutIsTerminal = process.stdout.isTTY === true;
  const env = process.env;
  let say = (line: string): void => void process.stderr.write(`${printableLines(line)}\n`);
  return {
    env,
    get cwd() {
      return currentFolder();
    },
    // Asked for late: to open stdin is a part of what a short command takes.
    get interactive() {
      return stdoutIsTerminal && process.stdin.isTTY === true;
    },
    stdoutIsTerminal,
    stderrIsTerminal: process.stderr.isTTY === true,
    colour: stdoutIsTerminal && !env.NO_COLOR && env.TERM !== "dumb",
    out: (text) => void process.stdout.write(text),
    say: (line) => say(line),
    ask: (question) => askHidden(question, signal),
    signal,
    divert: (sink) => {
      say = sink;
    },
    self,
    ...(jobs !== undefined && { jobs }),
    hosted: null,
  };
}
