import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import { orUnwritable } from "../host/files.ts";

/** Name of the gateway's socket in its folder. */
export const WAY_SOCKET = "socket";
/** sizeof(sockaddr_un.sun_path) - 1, unix(7). */
const LONGEST_PATH = 107;

/** Host folder of the socket, below the bottle's own 0700 run folder. */
export function wayFolder(run: string): string {
  return join(run, "way");
}

/** Listens on the host's side. Only whoever gets into the run folder, which is closed to others, or the cage reaches it. Rejects with STATE_UNUSABLE. */
export async function listenOnWay(run: string): Promise<Server> {
  const folder = wayFolder(run);
  const path = join(folder, WAY_SOCKET);
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw new BottleError("STATE_UNUSABLE", `${path} is too long for a socket`, {
      hint: "set XDG_RUNTIME_DIR to a short folder of yours, or unset it",
    });
  }
  closeWay(run);
  orUnwritable(run, () => mkdirSync(folder, { mode: 0o755 }));
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path, backlog: 511 }, resolve);
  });
  // The holder's user is another one; whatever the umask.
  chmodSync(folder, 0o755);
  chmodSync(path, 0o666);
  return server;
}

/** Removes the folder of the socket. Idempotent. */
export function closeWay(run: string): void {
  rmSync(wayFolder(run), { recursive: true, force: true });
}
