import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { BottleError } from "../../core/model/errors.ts";
import { READY } from "./cage-arguments.ts";
import { askEngine, type Engine, engineError, spawnEngine } from "./engine.ts";

/** A container that this process holds open. */
export interface Cage {
  readonly name: string;
  /** Resolves when the way out is open and commands can come in. Rejects with CREATE_FAILED or HOST_UNFIT. */
  readonly ready: Promise<void>;
  /** Resolves when the container has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** Ends it and resolves when it is gone. Idempotent. Rejects with TEARDOWN_INCOMPLETE. */
  end(): Promise<void>;
}

const READY_MS = 60_000;
/** What the engine usually takes to remove a container whose holder has ended. */
const USUAL_END_MS = 3_000;
const WORDS = 16_384;

/**
 * Runs `docker run` with `args`, attached: the container lives while this process holds the client's input open. When it
 * is killed, the client's pipe ends, the client closes the stream, the holder in the container reads the end, and the
 * engine removes the container (`--rm`).
 */
export function openCage(engine: Engine, name: string, args: readonly string[]): Cage {
  const client = spawnEngine(engine, args);
  for (const stream of client.stdio) stream?.on("error", () => {});
  const said = collectWords(client);
  const exited = new Promise<number>((resolve) => {
    client.once("error", () => resolve(127));
    client.once("close", (code) => resolve(code ?? 255));
  });
  const ready = becomesReady(client, exited, async (timedOut) =>
    engineError({ code: 125, stderr: Buffer.from(said()), timedOut }, ["run"], "CREATE_FAILED"),
  );
  let ending: Promise<void> | null = null;
  const end = async (): Promise<void> => {
    client.stdin?.end();
    const usual = await Promise.race([exited.then(() => true), delay(USUAL_END_MS, false, { ref: false })]);
    if (!usual) await removeContainer(engine, name);
    client.kill("SIGKILL");
    // A client that ended well has seen the removal; of any other nothing is known.
    if (!usual || (await exited) !== 0) await removeContainer(engine, name);
  };
  return {
    name,
    ready,
    ended: exited.then(() => {}),
    end: () => {
      ending ??= end();
      return ending;
    },
  };
}

/** Removes a container, running or not, and resolves when it is gone. Idempotent. Rejects with TEARDOWN_INCOMPLETE. */
export async function removeContainer(engine: Engine, name: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const args = ["container", "rm", "--force", "--volumes", name];
    const result = await askEngine(engine, args, { timeoutMs: 20_000 });
    const words = result.stderr.toString("latin1");
    if (/No such container/i.test(words)) return;
    if (tries === 20 || (result.code !== 0 && !/already in progress/i.test(words))) {
      throw engineError(result, args, "TEARDOWN_INCOMPLETE");
    }
    // Removed, or on its way: asked again until it is not known any more.
    if (tries > 1) await delay(100);
  }
}

async function becomesReady(
  client: ChildProcess,
  exited: Promise<number>,
  failure: (timedOut: boolean) => Promise<BottleError>,
): Promise<void> {
  const abort = new AbortController();
  const word = new Promise<"ready">((resolve) => {
    let text = "";
    client.stdout?.setEncoding("latin1").on("data", (chunk: string) => {
      if (text.length < 64) text += chunk;
      if (text.startsWith(`${READY}\n`)) resolve("ready");
    });
  });
  const late = delay(READY_MS, "late" as const, { ref: false, signal: abort.signal }).catch(() => "late" as const);
  const first = await Promise.race([word, exited.then(() => "ended" as const), late]);
  abort.abort();
  if (first !== "ready") throw await failure(first === "late");
}

function collectWords(client: ChildProcess): () => string {
  let words = "";
  client.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    if (words.length < WORDS) words += chunk;
  });
  return () => words;
}
