import { spawn } from "node:child_process";
import { Transform } from "node:stream";
import type { Bottle } from "../backends/backend.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Secret } from "../core/model/secret.ts";
import type { Cleanup } from "../host/cleanup.ts";
import { searchFor } from "./secret-search.ts";

/**
 * Copies a folder of the operator into the bottle: packed on the host, unpacked inside as the agent, so that host code
 * never writes below an agent-writable folder. The stream is searched for `secrets` as it passes: a declared secret
 * that lies in the folder (a `.env`, say) stops the start. Sockets and devices are left out.
 */
export async function copyWorkspace(
  bottle: Bottle,
  tar: string,
  from: string,
  to: string,
  secrets: readonly Secret[],
  cleanup: Cleanup,
): Promise<void> {
  const pack = spawn(tar, ["--create", "--file=-", "--directory", from, "--warning=none", "--", "."], {
    env: { LC_ALL: "C" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  cleanup.push("packing of the workspace", () => void pack.kill("SIGKILL"));
  const detector = searchFor(secrets);
  const found = new Set<string>();
  const search = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (const name of detector.push(chunk)) found.add(name);
      done(null, chunk);
    },
  });
  let complaint = "";
  pack.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (complaint.length < 4096) complaint += text;
  });
  const packed = new Promise<number | null>((resolve, reject) => pack.once("error", reject).once("close", resolve));
  const [code] = await Promise.all([packed, bottle.unpack(to, pack.stdout.pipe(search))]);
  // 1: a file changed or vanished while it was read; the copy is as good as any taken at that moment.
  if (code !== 0 && code !== 1) {
    throw new BottleError(
      "PROVISION_FAILED",
      `the workspace ${from} could not be packed: ${complaint.trim().split("\n")[0] ?? ""}`,
      {
        hint: "every file in it must be readable by you",
      },
    );
  }
  if (found.size > 0) {
    throw new BottleError(
      "SECRET_EXPOSED",
      `the workspace ${from} contains the value of the credential ${[...found].join(", ")}, which must not enter a bottle`,
      { hint: `find the file with: grep -rlF "$VALUE" ${from}; remove it from there and start again` },
    );
  }
}
