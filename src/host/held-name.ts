import { createHash } from "node:crypto";
import { createServer, type Server } from "node:net";
import { isErrno } from "./files.ts";

/**
 * Holds a name of this host that one process at a time can have: an abstract socket address (unix(7)), which the kernel
 * gives to one and takes back however that one ends, so that no lock is ever left behind. Null when another one has it.
 * Only what shares our network namespace sees it; `key` is to be something that others cannot know.
 */
export async function holdName(key: string): Promise<AsyncDisposable | null> {
  const name = `\0bot-bottle-${createHash("sha256").update(key).digest("hex")}`;
  const server = createServer((socket) => socket.destroy());
  try {
    await listening(server, name);
  } catch (error) {
    if (isErrno(error, "EADDRINUSE")) return null;
    throw error;
  }
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path, exclusive: true }, resolve);
  });
}
