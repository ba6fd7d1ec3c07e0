import type { ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../src/host/exec.ts";
import { startProgram } from "../../src/host/started-program.ts";
import { smolvmWorld } from "./smolvm.ts";

/** A machine of the FAKE smolvm, for tests of the fake itself. */
export interface FakeMachine extends AsyncDisposable {
  readonly program: string;
  /** Where the machine's processes and files are kept. */
  readonly folder: string;
  /** Folder of the host that the machine shows at /run/shown. */
  readonly shown: string;
  call(args: readonly string[], options?: CallOptions): Promise<Called>;
  /** `machine exec` with these words. */
  exec(args: readonly string[], options?: CallOptions): Promise<Called>;
  /** The same, held: with a stdin that stays open. */
  hold(args: readonly string[], env?: Readonly<Record<string, string>>): Held;
}

export interface CallOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  readonly timeoutMs?: number;
}

export interface Called {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly timedOut: boolean;
}

export interface Held {
  readonly client: ChildProcess;
  readonly code: Promise<number>;
  out(): string;
}

/** Makes one by the newest release, as older ones know no saved images, and starts it as `version` does. */
export async function fakeMachine(
  version: string,
  config: Readonly<Record<string, unknown>> = {},
  started = true,
): Promise<FakeMachine> {
  const world = smolvmWorld("1.9.3", config);
  const program = join(world.folder, `smolvm-${version}`);
  const text = readFileSync(world.program, "utf8").replace("STAND_IN_VERSION=1.9.3", `STAND_IN_VERSION=${version}`);
  writeFileSync(program, text, { mode: 0o755 });
  const shown = join(world.folder, "shown");
  mkdirSync(shown);
  const call = async (
    args: readonly string[],
    { env = {}, stdin, timeoutMs = 20_000 }: CallOptions = {},
    with_ = program,
  ) => {
    const input = stdin === undefined ? {} : { stdin: Buffer.from(stdin) };
    const result = await run({ argv: [with_, ...args], env: { ...env } }, { timeoutMs, ...input });
    const { code, timedOut } = result;
    return { code, timedOut, out: result.stdout.toString(), err: result.stderr.toString() };
  };
  const create = [
    "machine",
    "create",
    "-n",
    "one",
    "--image",
    world.image,
    "-v",
    `${shown}:/run/shown`,
    "-e",
    "RECORD=r",
  ];
  const made = await call(create, {}, world.program);
  if (made.code !== 0) throw new Error(made.err);
  const begun = started ? await call(["machine", "start", "-n", "one"]) : null;
  if (begun !== null && begun.code !== 0) throw new Error(begun.err);
  const held: Held[] = [];
  return {
    program,
    folder: join(world.folder, "home/.cache/smolvm/vms/7692c3ad3540bb80"),
    shown,
    call,
    exec: (args, options) => call(["machine", "exec", "--name", "one", ...args], options),
    hold: (args, env = {}) => {
      const client = startProgram(program, ["machine", "exec", "--name", "one", ...args], {
        env: { ...env },
        cwd: "/",
        stdio: ["pipe", "pipe", "inherit"],
        detached: true,
      });
      let said = "";
      client.stdout?.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
      client.stdin?.on("error", () => {});
      const code = new Promise<number>((resolve) => client.once("exit", (own) => resolve(own ?? -1)));
      const one = { client, code, out: () => said };
      held.push(one);
      return one;
    },
    [Symbol.asyncDispose]: async () => {
      for (const { client } of held) client.kill("SIGKILL");
      await call(["machine", "stop", "-n", "one"], {}, world.program);
      world.dispose();
    },
  };
}
