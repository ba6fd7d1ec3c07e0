import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { engineEnv } from "./bundle-bottle.ts";

/** A way to the engine that is on a network, and can break while the engine lives on. */
export interface EngineRelay extends Disposable {
  /** Variables that name the engine by this way. */
  readonly env: { readonly DOCKER_HOST: string };
  /** Cuts the newest connection on which a command in a container is attached to; new ones go through. */
  cutNewestExec(): void;
}

/** Listens on 127.0.0.1 and leads to the engine's unix socket. */
export async function relayToEngine(): Promise<EngineRelay> {
  const path = (engineEnv().DOCKER_HOST ?? "unix:///var/run/docker.sock").slice("unix://".length);
  const sockets = new Set<Socket>();
  const execs: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path, allowHalfOpen: true });
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    client.on("data", (chunk: Buffer) => {
      if (/POST \S+\/exec\/[0-9a-f]+\/start /.test(chunk.toString("latin1"))) execs.push(client);
    });
    client.pipe(engine).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    env: { DOCKER_HOST: `tcp://127.0.0.1:${port}` },
    cutNewestExec: () => void execs.at(-1)?.destroy(),
    [Symbol.dispose]: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
