import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { BottleError } from "../core/model/errors.ts";
import { openTranscript } from "../session/transcript.ts";
import type { DetachedJob, HostOrder, HostWord } from "./detached.ts";
import type { Io } from "./io.ts";
import type { Verb, VerbRun } from "./verb.ts";

/** What a host process may say in its life: alerts, failed undos. Beyond, its log ends. */
const LOG_BYTES = 4 << 20;
/** Where who started us listens (`detach`). */
const REPORTS = 3;

/**
 * The host process of a detached bottle: does the verb of the job that comes on stdin, in a session of its own and
 * without a terminal, and tells who started it how far it came. Ends when that one goes away before the bottle runs.
 */
export const hostProcess =
  (verbs: readonly Verb[]): VerbRun =>
  async (_input, io) => {
    const orders = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const next = async (): Promise<HostOrder | null> => {
      const line = await orders.next();
      return line.done === true ? null : (JSON.parse(line.value) as HostOrder);
    };
    const first = await next();
    if (first?.do !== "run") throw new BottleError("USAGE", "no job came on stdin", { hint: "this is not for people" });

    const reports = createWriteStream("", { fd: REPORTS });
    // Who started us may be gone.
    reports.on("error", () => undefined);
    const tell = (word: HostWord) => void reports.write(`${JSON.stringify(word)}\n`);
    io.divert((line) => tell({ say: line }));

    const gone = new AbortController();
    const asked: ((answer: string) => void)[] = [];
    const listening = (async () => {
      for (let order = await next(); order !== null; order = await next()) {
        if (order.do === "answer") asked.shift()?.(order.text);
        if (order.do === "end") gone.abort(order.signal);
      }
      gone.abort("SIGHUP");
    })();
    listening.catch(() => gone.abort("SIGHUP"));

    const { job } = first;
    let ready = false;
    const hosted: Io = {
      env: job.env,
      cwd: job.cwd,
      interactive: job.interactive,
      stdoutIsTerminal: false,
      stderrIsTerminal: false,
      colour: false,
      out: (text) => tell({ out: text }),
      say: io.say,
      ask: (question) =>
        new Promise((resolve) => {
          asked.push(resolve);
          tell({ ask: question });
        }),
      signal: AbortSignal.any([io.signal, gone.signal]),
      divert: io.divert,
      self: io.self,
      hosted: {
        columns: job.columns,
        rows: job.rows,
        ready: (name, log) => {
          if (ready || gone.signal.aborted) return;
          ready = true;
          const kept = openTranscript(log, () => undefined, LOG_BYTES);
          io.divert((line) => kept.write(Buffer.from(`${new Date().toISOString()} ${line}\n`)));
          tell({ ready: name });
          reports.end();
          process.stdin.destroy();
        },
      },
    };
    const code = await run(job, verbs, hosted).catch((error: unknown) => {
      if (!ready) tell({ failed: described(error) });
      else if (!(error instanceof BottleError)) io.say(String(error));
      return 70;
    });
    if (!ready) await new Promise<void>((resolve) => reports.end(`${JSON.stringify({ code })}\n`, () => resolve()));
    return code;
  };

async function run({ verb, input }: DetachedJob, verbs: readonly Verb[], io: Io): Promise<number> {
  const found = verbs.find(({ name }) => name === verb);
  if (found === undefined) throw new BottleError("INVARIANT", `no verb is called ${verb}`);
  return (await found.load())(input, io);
}

function described(error: unknown): Extract<HostWord, { failed: unknown }>["failed"] {
  if (!(error instanceof BottleError)) {
    return { code: null, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  const { code, message, hint, cause } = error;
  return { code, message, ...(hint && { hint }), ...(cause instanceof Error && { cause: cause.message }) };
}
