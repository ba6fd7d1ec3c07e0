import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { BottleError, type ErrorCode } from "../core/model/errors.ts";
import { gatherFacts } from "../host/facts.ts";
import { outlivingStartHere } from "../host/logout.ts";
import { startProgram } from "../host/started-program.ts";
import type { Io } from "./io.ts";
import { HOST_VERB, type VerbInput } from "./verb.ts";

/** What a host process is to do, as the operator's own process would. Holds secrets: it goes through a pipe only. */
export interface DetachedJob {
  /** `start` or `resume`. */
  readonly verb: string;
  readonly input: VerbInput;
  /** The operator's whole environment. */
  readonly env: Io["env"];
  readonly cwd: string;
  /** Can the operator be asked? */
  readonly interactive: boolean;
  /** Size of the operator's terminal, or a usual one. */
  readonly columns: number;
  readonly rows: number;
}

/** To a host process, one JSON line each. */
export type HostOrder =
  | { readonly do: "run"; readonly job: DetachedJob }
  | { readonly do: "answer"; readonly text: string }
  | { readonly do: "end"; readonly signal: string };

/** From a host process, one JSON line each, until its bottle runs. */
export type HostWord =
  | { readonly say: string }
  | { readonly out: string }
  | { readonly ask: string }
  | { readonly ready: string }
  | { readonly code: number }
  | {
      readonly failed: {
        readonly code: ErrorCode | null;
        readonly message: string;
        readonly hint?: string;
        readonly cause?: string;
      };
    };

/**
 * Variables that a host process has in its own environment, where anybody of the same user can read them; all others
 * come through its pipe, since secrets may be among them (attack row 147).
 */
const OPEN_VARIABLES =
  /^(?:HOME|PATH|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|DBUS_SESSION_BUS_ADDRESS|SSH_AUTH_SOCK|DOCKER_(?:HOST|CONTEXT|CONFIG|CERT_PATH|TLS_VERIFY|API_VERSION)|BOT_BOTTLE_\w+|NODE_(?:COMPILE_CACHE|EXTRA_CA_CERTS)|SSL_CERT_(?:FILE|DIR))$/;

const USUAL = { columns: 120, rows: 40 };

/**
 * Does `verb` in a process of its own, in its own session, which outlives this one and its terminal. Resolves with the
 * bottle's name once its agent runs. What keeps it from that rejects as it would here, with the same words.
 */
export async function detach(verb: string, input: VerbInput, io: Io): Promise<string> {
  const { prefix, note } = outlivingStartHere(gatherFacts());
  if (note !== null) io.say(`bottle: note: ${note}`);
  const [program = "", ...args] = [...prefix, ...io.self];
  const env = Object.fromEntries(Object.entries(io.env).filter(([name]) => OPEN_VARIABLES.test(name)));
  const child = startProgram(program, [...args, HOST_VERB], {
    env,
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "pipe", "pipe"],
  });
  const { stdin, stderr } = child;
  const reports = child.stdio[3] as Readable;
  if (stdin === null || stderr === null) throw new BottleError("INVARIANT", "a host process without pipes");
  // It may have ended before it read all.
  stdin.on("error", () => undefined);
  const order = (what: HostOrder) => void stdin.write(`${JSON.stringify(what)}\n`);
  const end = () => order({ do: "end", signal: String(io.signal.reason) });
  let words = "";
  stderr.on("data", (piece: Buffer) => {
    words = (words + piece.toString("utf8")).slice(-4000);
  });
  const closed = new Promise<string>((resolve, reject) => {
    child.once("error", (cause) => reject(new BottleError("HOST_UNFIT", `cannot run ${program}`, { cause })));
    child.once("close", (code, signal) => resolve(signal ?? `exit ${code}`));
  });
  closed.catch(() => undefined); // for who waits for it
  order({ do: "run", job: jobOf(verb, input, io) });
  io.signal.addEventListener("abort", end, { once: true });
  if (io.signal.aborted) end();
  try {
    for await (const line of createInterface({ input: reports })) {
      const word = JSON.parse(line) as HostWord;
      if ("say" in word) io.say(word.say);
      else if ("out" in word) io.out(word.out);
      else if ("ask" in word) order({ do: "answer", text: await io.ask(word.ask) });
      else if ("failed" in word) throw errorOf(word.failed);
      else if ("ready" in word) return word.ready;
    }
    throw new BottleError("CREATE_FAILED", `the host process ended before the bottle ran (${await closed})`, {
      ...(words !== "" && { hint: words.trim() }),
    });
  } finally {
    io.signal.removeEventListener("abort", end);
    for (const stream of [stdin, stderr, reports]) stream.destroy();
    child.unref();
  }
}

/** Lets the agent of an ended bottle go on with what it was last run on. As `detach`. */
export async function resumeDetached(name: string, io: Io): Promise<void> {
  await detach("resume", { positionals: [name], options: { detach: true, continue: true }, rest: [] }, io);
}

function jobOf(verb: string, input: VerbInput, io: Io): DetachedJob {
  const [columns = 0, rows = 0] = process.stdout.isTTY ? process.stdout.getWindowSize() : [];
  // A terminal that says 0x0 says nothing.
  const size = columns > 0 && rows > 0 ? { columns, rows } : USUAL;
  return { verb, input, env: io.env, cwd: io.cwd, interactive: io.interactive, ...size };
}

function errorOf({ code, message, hint, cause }: Extract<HostWord, { failed: unknown }>["failed"]): Error {
  if (code === null) return Object.assign(new Error(message), { stack: message });
  return new BottleError(code, message, {
    ...(hint !== undefined && { hint }),
    ...(cause !== undefined && { cause: new Error(cause) }),
  });
}
