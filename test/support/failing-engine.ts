import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Interruption } from "./contender.ts";

/** What DOCKER_HOST names, as `net.connect` takes it; the engine's usual socket when it names nothing. */
function engineAddress(host = process.env.DOCKER_HOST): { path: string } {
  if (host === undefined || host === "") return { path: "/var/run/docker.sock" };
  if (!host.startsWith("unix://")) throw new Error(`a test can stand before an engine on a unix socket only: ${host}`);
  return { path: host.slice("unix://".length) };
}

/**
 * Stands between the command line and its engine: the Nth connection is cut as soon as something is asked on it, before
 * the engine hears of it. A client makes one or more connections for each call.
 */
export async function failingEngine(nth: number): Promise<Interruption> {
  const folder = mkdtempSync(join(tmpdir(), "e-"));
  const address = engineAddress();
  const before = process.env.DOCKER_HOST;
  const open = new Set<Socket>();
  let calls = 0;
  // Half-open: the end of an exec's input is the end of one direction only.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    calls += 1;
    if (calls === nth) {
      client.once("data", () => client.destroy());
      client.on("error", () => undefined);
      return;
    }
    const engine = connect({ ...address, allowHalfOpen: true });
    for (const socket of [client, engine]) {
      open.add(socket);
      socket.on("error", () => {
        client.destroy();
        engine.destroy();
      });
      socket.once("close", () => open.delete(socket));
    }
    client.pipe(engine);
    engine.pipe(client);
  });
  const path = join(folder, "s");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  process.env.DOCKER_HOST = `unix://${path}`;
  return {
    facts: {},
    calls: () => calls,
    [Symbol.asyncDispose]: async () => {
      if (before === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before;
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
