import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { BottleError } from "../../core/model/errors.ts";
import { orUnwritable } from "../../host/files.ts";
import { startProgram } from "../../host/started-program.ts";
import { needFlock } from "./bring-up.ts";
import { machineFolder } from "./machine-folder.ts";
import type { Manner } from "./manner.ts";

/** Says that it has the lock, and keeps it until its input ends. */
const KEEP = "echo && read -r over";

/** The file by which starts of this user's machines come one after another. */
export function startsFile(): string {
  return join(dirname(machineFolder("any")), "..", "machine-starts");
}

/**
 * Waits until no other machine of this user's comes up, where two at once would be taken for each other, and holds the
 * others back until it is disposed of or this process ends, however it ends. Rejects with HOST_UNFIT, STATE_UNUSABLE, or
 * the signal's reason.
 */
export async function startTurn({ starts }: Pick<Manner, "starts">, signal: AbortSignal): Promise<AsyncDisposable> {
  if (starts === "any") return { [Symbol.asyncDispose]: async () => {} };
  const flock = needFlock();
  const file = startsFile();
  orUnwritable(file, () => mkdirSync(dirname(file), { recursive: true, mode: 0o700 }));
  const child = startProgram(flock, [file, "/bin/sh", "-c", KEEP], {
    env: {},
    cwd: "/",
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  for (const stream of child.stdio) stream?.on("error", () => {});
  const ended = new Promise<"ended">((resolve) => {
    child.once("error", () => resolve("ended"));
    child.once("exit", () => resolve("ended"));
  });
  const letGo = async () => {
    child.stdin.end();
    // One that still waits for the lock reads nothing.
    child.kill("SIGTERM");
    await ended;
  };
  try {
    const got = await Promise.race([once(child.stdout, "data", { signal }).then(() => "got" as const), ended]);
    if (got === "got") return { [Symbol.asyncDispose]: letGo };
    throw new BottleError("STATE_UNUSABLE", `${file} cannot be locked`);
  } catch (error) {
    await letGo();
    throw signal.aborted ? signal.reason : error;
  }
}
