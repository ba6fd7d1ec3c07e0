import { Transform } from "node:stream";
import type { Bottle } from "../backends/backend.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Secret } from "../core/model/secret.ts";
import type { Cleanup } from "../host/cleanup.ts";
import { startProgram } from "../host/started-program.ts";
import { searchFor } from "./secret-search.ts";

/** What bringing in a folder needs besides the folder. */
export interface Bringing {
  readonly tar: string;
  /** What must not lie in the folder. */
  readonly secrets: readonly Secret[];
  readonly cleanup: Cleanup;
  readonly say: (line: string) => void;
}

/**
 * Copies a folder of the operator into the bottle: packed on the host, unpacked inside as the agent, so that host code
 * never writes below an agent-writable folder. The stream is searched for secrets as it passes: a declared secret that
 * lies in the folder (a `.env`, say) stops the start. Sockets are left out, and said.
 */
export async function copyWorkspace(bottle: Bottle, from: string, to: string, bringing: Bringing): Promise<void> {
  const sockets = await searched(from, bringing, (packed) => bottle.unpack(to, packed));
  if (sockets.length > 0) bringing.say(`bottle: note: sockets are not copied: ${some(sockets)}`);
}

/**
 * Searches a folder that is bound, as a copy of it would be searched, before the agent can write there. Errors as for a
 * copy. What a program of the host listens on in there can be reached from inside; that is said.
 */
export async function searchWorkspace(folder: string, bringing: Bringing): Promise<void> {
  const sockets = await searched(folder, bringing, null);
  if (sockets.length > 0) bringing.say(`bottle: note: the agent can talk to what listens on ${some(sockets)}`);
}

/**
 * Packs `from`, hands the stream to `use` (null: it is only searched) and answers the sockets in it.
 * Errors: PROVISION_FAILED, SECRET_EXPOSED.
 */
async function searched(
  from: string,
  { tar, secrets, cleanup }: Bringing,
  use: ((packed: Transform) => Promise<void>) | null,
): Promise<readonly string[]> {
  const quiet = ["--warning=none", "--warning=file-ignored"];
  // GNU tar reads no file that it would write to /dev/null: where there is nothing to search for, names are enough.
  const file = use === null && secrets.length === 0 ? "/dev/null" : "-";
  const pack = startProgram(tar, ["--create", `--file=${file}`, "--directory", from, ...quiet, "--", "."], {
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
  let talk = "";
  pack.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (talk.length < 1 << 16) talk += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => pack.once("error", reject).once("close", resolve));
  const packed = pack.stdout.pipe(search);
  const [code] = await Promise.all([ended, use === null ? void packed.resume() : use(packed)]);
  const lines = talk.trim().split("\n");
  const ignored = lines.filter((line) => IGNORED.test(line));
  // 1: a file changed or vanished while it was read; the copy is as good as any taken at that moment.
  if (code !== 0 && code !== 1) {
    const complaint = lines.find((line) => !IGNORED.test(line)) ?? "";
    throw new BottleError("PROVISION_FAILED", `the workspace ${from} could not be read whole: ${complaint}`, {
      hint: "every file in it must be readable by you: what cannot be searched for secrets is not brought in",
    });
  }
  if (found.size > 0) {
    throw new BottleError(
      "SECRET_EXPOSED",
      `the workspace ${from} contains the value of the credential ${[...found].join(", ")}, which must not enter a bottle`,
      { hint: `find the file with: grep -rlF "$VALUE" ${from}; remove it from there and start again` },
    );
  }
  return ignored.map((line) => line.replace(IGNORED, "$1"));
}

/** The first few, so that a folder full of them fills no screen. */
function some(paths: readonly string[]): string {
  const more = paths.length - 5;
  return `${paths.slice(0, 5).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** How GNU tar names a socket that it leaves out. */
const IGNORED = /^.*?: (.*): socket ignored$/;
