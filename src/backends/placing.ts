import type { Command, GuestFile } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Bottle, ExecOptions } from "./backend.ts";
import { guestArchive } from "./guest-archive.ts";

/** `put` and `unpack` of a bottle, by way of its `exec`: a tar inside, run as the agent. */
export function placing(exec: Bottle["exec"]): Pick<Bottle, "put" | "unpack"> {
  const tar = async (args: readonly string[], stdin: NonNullable<ExecOptions["stdin"]>): Promise<void> => {
    const result = await exec({ argv: ["/bin/sh", "-c", ...args], cwd: "/" }, { stdin });
    if (result.code === 0) return;
    throw new BottleError(
      "PROVISION_FAILED",
      `files could not be placed: ${result.stderr.toString().slice(0, 1000).trim()}`,
      {
        facts: { code: result.code },
      },
    );
  };

  return {
    put: async (files: readonly GuestFile[]) => {
      const odd = files.find((file) => !file.path.startsWith("/") || file.path.split("/").includes(".."));
      if (odd !== undefined) throw new BottleError("PROVISION_FAILED", `not an absolute path: ${odd.path}`);
      if (files.length > 0) await tar(["exec tar -xpf - --no-same-owner -C /"], guestArchive(files));
    },
    unpack: (folder, stream) =>
      tar(['mkdir -p -- "$1" && exec tar -xpf - --no-same-owner -C "$1"', "unpack", folder], stream),
  };
}

/** A command takes the end of a part for the end of the whole: tar is content with half an archive. */
export function brokenInput(command: Command, cause: Error): BottleError {
  return new BottleError("PROVISION_FAILED", `what ${command.argv[0]} read broke off: ${cause.message}`, { cause });
}
