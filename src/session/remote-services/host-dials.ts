import type { Socket } from "node:net";
import type { DialledPlace, HostService } from "../../core/model/control-message.ts";
import type { EgressRule, Policy } from "../../core/model/policy.ts";
import { judgeAddresses } from "../../core/policy/addresses.ts";
import type { CarriedMessage } from "../../core/wire/carried-message.ts";
import { type ConnectTarget, judgeSocket } from "../../gateway/destination.ts";
import { established, systemConnect } from "../../gateway/dialler.ts";
import { describe } from "../../gateway/failure.ts";
import { DEFAULT_LIMITS } from "../../gateway/limits.ts";
import { type CarriedSocket, carrySocket } from "../../host/carried-socket.ts";

/** The connections that one process of a sidecar has asked for: to places that the policy dials, and nowhere else. */
export interface HostDials {
  /** Connects, and carries the connection under this number; null, or why there is none. Never rejects. */
  dial(connection: number, place: DialledPlace): Promise<string | null>;
  /** False when the sidecar breaks the rules. */
  take(message: CarriedMessage): boolean;
  /** Cuts what the present policy does not dial any more (attack row 135). */
  review(): void;
  close(): void;
}

/** Connections of one sidecar at a time: each holds at most half a MiB here. */
const MOST = 128;

interface Open {
  readonly place: DialledPlace;
  /** Null while it is being made. */
  carried: CarriedSocket | null;
}

/** How the bottle's own services of this process are reached; those that it does not have are absent. */
export type ServiceDoors = Readonly<Partial<Record<HostService, () => Promise<Socket>>>>;

/** `policy` is asked anew each time: what was revoked is not dialled. A sidecar's words are claims (attack row 150). */
export function openHostDials(
  policy: () => Policy,
  ownAddresses: () => readonly string[],
  say: (message: CarriedMessage) => void,
  doors: ServiceDoors = {},
): HostDials {
  const open = new Map<number, Open>();
  let last = 0;
  let closed = false;
  const isDialled = (place: DialledPlace) =>
    place.kind === "service" ? doors[place.name] !== undefined : ruleThatDials(policy(), place) !== undefined;
  const connect = async (place: DialledPlace): Promise<Socket> => {
    if (place.kind === "service") {
      const door = doors[place.name];
      if (door === undefined) throw new Error("the bottle has no such service");
      return door();
    }
    const target = await judged(ruleThatDials(policy(), place), ownAddresses());
    return established(systemConnect(target), "connect", DEFAULT_LIMITS.connectMs);
  };
  return {
    dial: async (connection, place) => {
      last = connection;
      if (open.size >= MOST) return `more than ${MOST} connections at a time`;
      const entry: Open = { place, carried: null };
      open.set(connection, entry);
      try {
        const socket = await connect(place);
        // The policy may have changed, or the sidecar gone, while it was made.
        if (closed || !isDialled(place)) {
          socket.destroy();
          throw new Error("the policy dials it no more");
        }
        entry.carried = carrySocket(socket, connection, say, () => open.delete(connection));
        return null;
      } catch (error) {
        open.delete(connection);
        return describe(error).toWellFormed();
      }
    },
    take: (message) => {
      const entry = open.get(message.connection);
      // Words about one that has gone here were on their way.
      if (entry === undefined) return message.connection <= last;
      return entry.carried?.take(message) === true;
    },
    review: () => {
      for (const { place, carried } of [...open.values()]) if (!isDialled(place)) carried?.drop();
    },
    close: () => {
      closed = true;
      for (const { carried } of [...open.values()]) carried?.destroy();
    },
  };
}

function ruleThatDials({ rules }: Policy, place: DialledPlace): EgressRule | undefined {
  return rules.find(({ dial }) => {
    if (dial === null || dial.kind !== place.kind) return false;
    if (dial.kind === "unix") return place.kind === "unix" && dial.path === place.path;
    return place.kind === "tcp" && dial.address === place.address && dial.port === place.port;
  });
}

/** As the gateway on this machine would judge it. Throws what keeps it from being dialled. */
async function judged(rule: EgressRule | undefined, ownAddresses: readonly string[]): Promise<ConnectTarget> {
  if (rule?.dial === undefined || rule.dial === null) throw new Error("no rule dials it");
  const { dial } = rule;
  if (dial.kind === "unix") {
    const path = await judgeSocket(dial.path);
    if (path === null) throw new Error("a socket of bot-bottle itself");
    return { kind: "unix", path };
  }
  const judgement = judgeAddresses(rule, [dial.address], ownAddresses);
  if (!judgement.ok) throw new Error(judgement.detail);
  return { kind: "tcp", address: judgement.addresses[0] ?? dial.address, port: dial.port };
}
