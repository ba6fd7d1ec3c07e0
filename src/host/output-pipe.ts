import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { BottleError } from "../core/model/errors.ts";
import { run } from "./exec.ts";
import { findTool } from "./facts.ts";

/** A named pipe of which this process reads what others write. */
export interface OutputPipe {
  /** Resolves when the last of its writers is gone and all was read; stops waiting after a while. */
  drained(): Promise<void>;
}

const MAKE_MS = 10_000;
/** A writer that another process of the command left behind keeps the pipe open. */
const DRAIN_MS = 2_000;

/** Makes the pipe at `path`, in a folder that is closed to others, and hands on what is written. Errors: HOST_UNFIT. */
export async function readPipe(path: string, each: (piece: Buffer) => void): Promise<OutputPipe> {
  const mkfifo = findTool("mkfifo");
  if (mkfifo === null) throw new BottleError("HOST_UNFIT", "mkfifo is missing", { hint: "apt install coreutils" });
  const made = await run({ argv: [mkfifo, "-m", "600", path], env: {} }, { timeoutMs: MAKE_MS });
  if (made.code !== 0) throw new BottleError("HOST_UNFIT", `cannot make ${path}: ${made.stderr.toString("latin1")}`);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  // Our own, so that the pipe has no end before there is another writer.
  const writer = openSync(path, constants.O_WRONLY);
  const socket = new Socket({ fd: reader, readable: true, writable: false });
  socket.on("data", each);
  socket.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return {
    drained: async () => {
      closeSync(writer);
      const timer = setTimeout(() => socket.destroy(), DRAIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
