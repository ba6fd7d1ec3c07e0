import { chmod } from "node:fs/promises";
import type { Server } from "node:net";
import { unwritable } from "./files.ts";

/** Listens on a unix socket that is our user's alone, whatever the umask. Errors: STATE_UNUSABLE. */
export async function listenPrivately(server: Server, path: string): Promise<Server> {
  try {
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
    await chmod(path, 0o600);
    return server;
  } catch (error) {
    server.close();
    throw unwritable(path, error);
  }
}
