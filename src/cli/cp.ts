import { pipeline } from "node:stream/promises";
import { BottleError } from "../core/model/errors.ts";
import { copyPlace } from "../core/plan/copy-target.ts";
import { formatSize, parseSize } from "../core/plan/sizes.ts";
import { type Copied, copyIn, copyOut } from "../session/copy.ts";
import type { Io } from "./io.ts";
import { sessionContext } from "./session-context.ts";
import { readableSize } from "./table.ts";
import { flag, text, type VerbInput, type VerbRun } from "./verb.ts";

const MAX_BYTES = 16 * 1024 ** 3;

/** `bottle cp`: out of a bottle, or into a running one. */
export const cp: VerbRun = async (input, io) => {
  const [first = "", second = ""] = input.positionals;
  const [from, to] = [copyPlace(first), copyPlace(second)];
  const context = sessionContext(io);
  const options = {
    skipOdd: flag(input, "skipOdd"),
    unsearched: flag(input, "unsearched"),
    maxBytes: maxBytes(input),
  };
  if (from.at === "bottle" && to.at === "bottle")
    throw usage("both are in bottles", "copy out of one, then into the other");
  if (from.at === "bottle" && to.at !== "bottle") {
    const stream = to.at === "stream";
    if (stream && io.stdoutIsTerminal)
      throw usage("an archive is nothing for a terminal", "redirect it, or name a folder");
    const target = to.at === "host" ? to.path : writeOut;
    tell(await copyOut(from, target, options, context), io);
    return 0;
  }
  if (to.at === "bottle" && from.at !== "bottle") {
    if (from.at === "stream" && process.stdin.isTTY) throw usage("no archive comes from a terminal", "pipe one in");
    tell(await copyIn(from.at === "host" ? from.path : process.stdin, to, options, context), io);
    return 0;
  }
  throw usage("neither is in a bottle", "write one as NAME:PATH");
};

async function writeOut(archive: NodeJS.ReadableStream): Promise<void> {
  await pipeline(archive, process.stdout, { end: false }).catch((error: NodeJS.ErrnoException) => {
    // The reader has seen enough (`| head`).
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  });
}

function tell({ files, bytes, left, leftCount, to }: Copied, io: Io): void {
  io.say(`bottle: copied ${files === 1 ? "1 file" : `${files} files`} (${readableSize(bytes)}) to ${to}`);
  const more = leftCount - left.length;
  if (leftCount > 0) io.say(`bottle: left out: ${left.join(", ")}${more > 0 ? ` and ${more} more` : ""}`);
}

function maxBytes(input: VerbInput): number {
  const given = text(input, "maxSize");
  if (given === undefined) return MAX_BYTES;
  const bytes = parseSize(given);
  if (bytes === null)
    throw usage(`--max-size takes a size such as 512M, not ${given}`, `the default is ${formatSize(MAX_BYTES)}`);
  return bytes;
}

const usage = (message: string, hint: string): BottleError => new BottleError("USAGE", message, { hint });
