import { createServer, Server, type Socket } from "node:net";

export interface Doors {
  /** Listens nowhere itself: every connection of every door comes out of it, and closing it closes them. */
  readonly listener: Server;
  /** In the order of the addresses, each with all ports. */
  readonly ports: readonly number[];
}

/** Tries for an address that a service which has just died may still hold. */
const TRIES = 20;
const PAUSE_MS = 100;

/**
 * Listens on each of `ports` at each of `addresses`, and nowhere else: an address of the network on which other sidecars
 * are is not among them. Whichever door a connection came by, there is one listener.
 */
export async function openDoors(addresses: readonly string[], ports: readonly number[]): Promise<Doors> {
  const listener = new Server();
  const doors: Server[] = [];
  listener.on("close", () => {
    for (const door of doors) door.close();
  });
  try {
    for (const host of addresses) {
      for (const port of ports) doors.push(await openDoor(host, port, listener));
    }
  } catch (error) {
    listener.close();
    throw error;
  }
  return { listener, ports: doors.map(portOf) };
}

async function openDoor(host: string, port: number, listener: Server): Promise<Server> {
  for (let left = TRIES; ; left--) {
    try {
      return await listen(host, port, listener);
    } catch (error) {
      const busy = error instanceof Error && Reflect.get(error, "code") === "EADDRINUSE";
      if (!busy || left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function listen(host: string, port: number, listener: Server): Promise<Server> {
  return new Promise((resolve, reject) => {
    // Clients that end their side after the request still want the response.
    const door = createServer({ allowHalfOpen: true }, (socket: Socket) => listener.emit("connection", socket));
    door.once("error", reject);
    door.listen({ host, port, exclusive: true }, () => {
      door.off("error", reject);
      resolve(door);
    });
  });
}

function portOf(door: Server): number {
  const address = door.address();
  if (address === null || typeof address === "string") throw new Error("a door that does not listen");
  return address.port;
}
