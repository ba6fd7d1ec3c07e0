import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { basename, join } from "node:path";
import type { Bottle, BottleFolders, ExecOptions, GuestLayout } from "../../../src/backends/backend.ts";
import { GUEST } from "../../../src/backends/guest.ts";
import { brokenInput, placing } from "../../../src/backends/placing.ts";
import { queue } from "../../../src/backends/queue.ts";
import type { Command, ExecResult, GuestFile, HostCommand } from "../../../src/core/model/command.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { shellWord } from "../../../src/core/plan/run-files.ts";
import { run } from "../../../src/host/exec.ts";
import { RESET_MODES } from "../../../src/host/terminal.ts";
import { endTagged, TAG, tagged } from "./processes.ts";

/** A result in place of a command's own, or null where it shall run. */
export type Answers = (command: Command, stdin: ExecOptions["stdin"]) => ExecResult | null;

export interface MemoryBottleStart {
  readonly name: string;
  readonly folders: BottleFolders;
  readonly workspace: string;
  readonly cwd: string;
  readonly maxExecs: number;
  readonly answers: Answers;
}

let count = 0;

/** One bottle of the fake: a listener on loopback, a folder of files, and processes that carry its tag. */
export class MemoryBottle {
  readonly listener: Server = createServer();
  readonly ended: Promise<void>;
  readonly #start: MemoryBottleStart;
  readonly #tag: string;
  readonly #run: string;
  readonly #slot: ReturnType<typeof queue>;
  #closing: Promise<void> | null = null;
  /** Commands that have not ended. */
  #entering = 0;
  #started = false;
  #end: () => void = () => undefined;

  constructor(start: MemoryBottleStart) {
    count += 1;
    this.#start = start;
    this.#tag = `${process.pid}-${count}`;
    this.#run = join(start.folders.run, "bottle");
    this.#slot = queue(start.maxExecs);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async listen(): Promise<void> {
    this.listener.listen(0, "127.0.0.1");
    await once(this.listener, "listening");
  }

  get guest(): GuestLayout {
    const { port } = this.listener.address() as { port: number };
    const { folders, workspace } = this.#start;
    return { home: folders.home, workspace, run: this.#run, proxyUrl: `http://127.0.0.1:${port}`, network: "none" };
  }

  start(files: readonly GuestFile[]): Bottle {
    if (this.#started) throw new BottleError("INVARIANT", "a bottle is started once");
    this.#started = true;
    mkdirSync(this.#run, { recursive: true, mode: 0o755 });
    for (const { path, content, mode } of files) {
      if (path !== join(this.#run, basename(path)))
        throw new BottleError("INVARIANT", `not below ${this.#run}: ${path}`);
      writeFileSync(path, content, { mode });
      chmodSync(path, mode);
    }
    return this.open();
  }

  processes(): readonly number[] {
    return tagged(this.#tag);
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await endTagged(this.#tag, 0, () => this.#entering);
      if (this.listener.listening) this.listener.close();
      rmSync(this.#run, { recursive: true, force: true });
      this.#end();
    })();
    return this.#closing;
  }

  open(): Bottle {
    const exec = (command: Command, options: ExecOptions = {}) => this.#slot(() => this.#exec(command, options));
    const { put, unpack } = placing(exec);
    return {
      handle: { version: 1, kind: "memory", name: this.#start.name },
      ended: this.ended,
      frame: (command, terminal) => this.#frame(command, terminal, this.#tag),
      exec,
      put: async (files) => {
        const placed = files.map((file) => ({ ...file, path: this.#own(file.path) }));
        for (const { path } of placed) this.#checkWritable(path);
        await put(placed);
      },
      unpack: async (folder, tar) => {
        this.#checkWritable(folder);
        await unpack(folder, tar);
      },
      status: async () => (this.#closing === null ? "running" : "gone"),
      stop: async (graceMs) => {
        if (this.#closing === null) await endTagged(this.#tag, graceMs, () => this.#entering);
      },
      close: () => this.close(),
    };
  }

  async #exec(command: Command, options: ExecOptions): Promise<ExecResult> {
    if (this.#closing !== null) throw gone(command);
    const answer = this.#start.answers(command, options.stdin);
    if (answer !== null) {
      options.onStdout?.(answer.stdout);
      return answer;
    }
    count += 1;
    const tag = `${this.#tag}.${count}`;
    this.#entering += 1;
    const result = await run(this.#frame(command, false, tag), options).finally(() => {
      this.#entering -= 1;
    });
    if (result.timedOut) {
      await endTagged(tag, 0);
      throw new BottleError("BOTTLE_GONE", `${command.argv[0]} did not end in ${options.timeoutMs} ms and was killed`);
    }
    if (result.code !== 0 && this.#closing !== null) throw gone(command);
    if (result.inputError !== null) throw brokenInput(command, result.inputError);
    return { code: result.code, stdout: result.stdout, stderr: result.stderr };
  }

  /** Of the caller's environment only TERM and COLORTERM travel on; the rest is in the file of `start`. */
  #frame({ argv, cwd }: Command, terminal: Parameters<Bottle["frame"]>[1], tag: string): HostCommand {
    const inside = [join(this.#run, "exec"), cwd ?? this.#start.cwd, ...argv];
    if (terminal === false) return { argv: ["/usr/bin/env", "-i", `${TAG}=${tag}`, ...inside], env: {} };
    const words = inside.map(shellWord).join(" ");
    const line = `trap '' INT QUIT; env -i --default-signal=INT,QUIT ${TAG}=${tag} \${TERM:+"TERM=$TERM"} \${COLORTERM:+"COLORTERM=$COLORTERM"} ${words}; code=$?; printf '${RESET_MODES.replaceAll("\u001b", "\\033")}'; exit $code`;
    return {
      argv: ["/usr/bin/script", "-qfec", line, terminal.transcript ?? "/dev/null"],
      env: { PATH: "/usr/bin:/bin", SHELL: "/bin/sh" },
    };
  }

  /** Plans mean every bottle's home by the path that it has in a cage. */
  #own(path: string): string {
    return path.startsWith(`${GUEST.home}/`) ? join(this.#start.folders.home, path.slice(GUEST.home.length)) : path;
  }

  /** What a cage's mounts refuse, refused by the path. */
  #checkWritable(path: string): void {
    const { folders, workspace } = this.#start;
    const inside = [folders.home, workspace].some((top) => path === top || path.startsWith(`${top}/`));
    if (!inside || path.split("/").includes("..")) {
      throw new BottleError("PROVISION_FAILED", `files could not be placed: ${path} is read-only or not absolute`);
    }
  }
}

function gone(command: Command): BottleError {
  return new BottleError("BOTTLE_GONE", `the bottle ended while ${command.argv[0] ?? "a command"} ran or before`);
}
