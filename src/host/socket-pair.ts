import { randomBytes } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";

/**
 * Two connected sockets of this process: what is written into one comes out of the other. By way of an abstract socket
 * (unix(7)) of a name that nobody guesses, which is gone when this resolves.
 */
export async function socketPair(): Promise<readonly [Socket, Socket]> {
  const path = `\0${randomBytes(16).toString("hex")}`;
  const server = createServer({ allowHalfOpen: true });
  try {
    return await new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, () => {
        const near = connect({ path, allowHalfOpen: true });
        near.once("error", reject);
        const connected = new Promise<void>((done) => near.once("connect", done));
        server.once("connection", (far) => {
          void connected.then(() => {
            near.off("error", reject);
            resolve([near, far]);
          });
        });
      });
    });
  } finally {
    server.close();
  }
}
