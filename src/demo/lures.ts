import { chmodSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";

/** What a lure says to whoever gets through. */
export const LURE_WORD = "lure";

/** Listeners on the host that nothing in a bottle may reach. */
export interface Lures {
  readonly port: number;
  readonly abstractName: string;
  readonly socketPath: string;
  /** How often somebody got through, since the start. */
  touched(): number;
  close(): Promise<void>;
}

/** Opens one listener on the host's loopback, one on an abstract socket and one on a path. */
export async function openLures(socketPath: string, abstractName: string): Promise<Lures> {
  let touched = 0;
  const servers: Server[] = [];
  const open = (listen: (server: Server, ready: () => void) => void): Promise<Server> =>
    new Promise((resolve, reject) => {
      const server = createServer((socket) => {
        touched += 1;
        socket.on("error", () => undefined);
        socket.end(`${LURE_WORD}\n`);
      });
      server.once("error", reject);
      listen(server, () => {
        servers.push(server);
        resolve(server);
      });
    });
  const close = async () => {
    await Promise.all(servers.map((server) => new Promise<void>((done) => server.close(() => done()))));
  };
  try {
    const tcp = await open((server, ready) => server.listen(0, "127.0.0.1", ready));
    await open((server, ready) => server.listen(`\0${abstractName}`, ready));
    await open((server, ready) => server.listen(socketPath, ready));
    // The path lure must fail because the file is not there, not because of its mode.
    chmodSync(socketPath, 0o666);
    const { port } = tcp.address() as AddressInfo;
    return { port, abstractName, socketPath, touched: () => touched, close };
  } catch (error) {
    await close();
    throw error;
  }
}
