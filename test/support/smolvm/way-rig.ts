import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { carrierWords, frameRelayWords } from "../../../src/backends/smolmachines/frame-relay.ts";
import { type Holder, openHolder } from "../../../src/backends/smolmachines/holder.ts";

/** The relay and its carriers as programs of this machine, with a gateway of the test's: the way without any smolvm. */
export interface WayRig {
  readonly holder: Holder;
  /** Commands that were begun: the holder, then each carrier. */
  readonly commands: readonly ChildProcess[];
  /** A connection from inside. */
  dial(): Socket;
  /** The address of the relay, for a client of HTTP. */
  readonly origin: string;
  dispose(): Promise<void>;
}

export interface WayRigOptions {
  /** Seconds that each command takes to come up. */
  readonly bringUp?: string;
  /** In place of the relay: a program for perl that speaks as it likes. */
  readonly relay?: string;
  /** Changes what a carrier runs; `nth` is 1 for the first one. */
  readonly carrier?: (words: readonly string[], nth: number) => readonly string[];
}

/** In a pid namespace of its own, since the relay ends by killing whatever it may. Needs root. */
const CAGED = ["/usr/bin/unshare", "--pid", "--fork", "--kill-child"];

/** Begins one; `gateway` answers what comes out. */
export async function openWayRig(gateway: Server, options: WayRigOptions = {}): Promise<WayRig> {
  const folder = mkdtempSync(join(tmpdir(), "way-"));
  const [socket, door] = [join(folder, "gateway"), join(folder, "door")];
  const port = await freePort();
  await new Promise<void>((resolve) => gateway.listen({ path: socket, backlog: 511 }, resolve));
  const standing = carrierWords().at(-1) ?? "";
  const commands: ChildProcess[] = [];
  const open = (words: readonly string[]): ChildProcess => {
    const nth = commands.length;
    const own = words.map((word) => (word === standing ? door : word));
    const run = nth === 0 ? [...CAGED, ...own] : (options.carrier?.(own, nth) ?? own);
    const late =
      options.bringUp === undefined ? run : ["/bin/sh", "-c", `sleep ${options.bringUp}; exec "$@"`, "up", ...run];
    const [program = "", ...args] = late;
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: { PATH: "/usr/bin:/bin" } });
    commands.push(child);
    return child;
  };
  const relay = options.relay ?? "";
  const [text = "", ...args] = relay === "" ? frameRelayWords(port, door) : [relay, String(port), door];
  const holder = openHolder(open, ["/usr/bin/perl", "-e", text, "--", ...args], socket);
  await holder.ready;
  return {
    holder,
    commands,
    origin: `http://127.0.0.1:${port}`,
    dial: () => {
      const one = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      one.on("error", () => {}); // for who listens to it
      return one;
    },
    dispose: async () => {
      holder.end();
      gateway.close();
      await holder.ended;
      await Promise.all(
        commands.map((child) => child.exitCode ?? child.signalCode ?? new Promise((done) => child.once("close", done))),
      );
      rmSync(folder, { recursive: true });
    },
  };
}

/** A gateway that answers requests. */
export const answering = (listener: RequestListener): Server => createHttpServer(listener);

/** A gateway of plain connections. */
export const accepting = (listener: (socket: Socket) => void): Server =>
  createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {}); // for who listens to it
    listener(socket);
  });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
