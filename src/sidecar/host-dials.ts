import type { Socket } from "node:net";
import type { DialledPlace } from "../core/model/control-message.ts";
import type { DialTarget } from "../core/model/policy.ts";
import type { CarriedMessage } from "../core/wire/carried-message.ts";
import { upstreamFailure } from "../gateway/failure.ts";
import { type CarriedSocket, carrySocket } from "../host/carried-socket.ts";
import { socketPair } from "../host/socket-pair.ts";

/** A service of the bottle's own, which is in the host process. */
export type ServicePlace = Extract<DialledPlace, { kind: "service" }>;

/** Connections to places that rules dial: the host process makes them, and the control stream carries them here. */
export interface HostDials {
  /** A socket that is connected to `dial` as the operator's machine sees it. Rejects with an UpstreamFailure. */
  open(dial: DialTarget | ServicePlace): Promise<Socket>;
  /** False when the host process says what makes no sense. */
  take(message: CarriedMessage): boolean;
  close(): void;
}

/** What is left in a socket that the gateway has closed may take this long to reach the host process. */
const LINGER_MS = 30_000;

/**
 * `ask` asks the host process for a connection and resolves with why there is none, or null; it calls `onSeq` with the
 * number of the question before the host process can say a word. It rejects when the host process is gone.
 */
export function createHostDials(
  ask: (place: DialledPlace, onSeq: (seq: number) => void) => Promise<string | null>,
  say: (message: CarriedMessage) => void,
): HostDials {
  const carried = new Map<number, CarriedSocket>();
  let last = 0;
  return {
    open: async (dial) => {
      const [near, far] = await socketPair().catch((error: Error) => {
        throw upstreamFailure("upstream-unreachable", error.message);
      });
      const mine: { socket: CarriedSocket | null } = { socket: null };
      try {
        const why = await ask(placeOf(dial), (seq) => {
          last = seq;
          mine.socket = carrySocket(far, seq, say, () => carried.delete(seq));
          carried.set(seq, mine.socket);
        });
        if (why !== null) throw new Error(why);
      } catch (error) {
        mine.socket?.destroy();
        near.destroy();
        far.destroy();
        const why = error instanceof Error ? error.message : "no answer";
        throw upstreamFailure(/took longer|^ETIMEDOUT/.test(why) ? "upstream-timeout" : "upstream-unreachable", why);
      }
      near.once("close", () => setTimeout(() => mine.socket?.drop(), LINGER_MS).unref());
      return near;
    },
    take: (message) => {
      const one = carried.get(message.connection);
      // Words about one that has gone here were on their way.
      return one === undefined ? message.connection <= last : one.take(message);
    },
    close: () => {
      for (const one of [...carried.values()]) one.destroy();
    },
  };
}

function placeOf(dial: DialTarget | ServicePlace): DialledPlace {
  if (dial.kind === "service") return dial;
  return dial.kind === "unix"
    ? { kind: "unix", path: dial.path }
    : { kind: "tcp", address: dial.address, port: dial.port };
}
