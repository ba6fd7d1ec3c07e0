import { isIP } from "node:net";
import type { Asked } from "./clap.ts";
import { has } from "./quirks.ts";
import { RuntimeError } from "./store.ts";
import { atLeast } from "./version-order.ts";

/** How a machine reaches a network; null: it has none. */
export type Network = null | {
  readonly backend: "tsi" | "virtio-net";
  /** Nothing but these (CIDRs); null: everything. */
  readonly allow: readonly string[] | null;
  /** The names that resolve; null: all. */
  readonly names: readonly string[] | null;
};

/** What the relay of a machine's network keeps to (relay.py). */
export interface Rules {
  readonly allow: readonly string[] | null;
  readonly names: readonly string[] | null;
  /** Refused although allowed. */
  readonly floor: readonly string[];
  /** 127.0.0.1 in the guest is also the host's. */
  readonly loopback: boolean;
  /** An interface of the guest's own, and the address by which its gateway is the host's loopback; null: as the host's. */
  readonly gateway: string | null;
  readonly relayed: boolean;
  readonly ports: readonly string[];
  /** What there is in the world: `ADDRESS:PORT` to a port of the host's loopback; a name to its address. */
  readonly world: Readonly<Record<string, number | string>>;
}

const LINK_LOCAL = ["169.254.0.0/16"];
const PRIVATE = [...LINK_LOCAL, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"];
const LOOPBACK = "127.0.0.0/8";
const GATEWAY = "100.96.0.1";

/**
 * STAND_IN_WORLD, a JSON object: what machines with a network can reach, all of it on the host's loopback. Nothing else is
 * ever dialed.
 */
function world(): Readonly<Record<string, number | string>> {
  return JSON.parse(process.env.STAND_IN_WORLD ?? "{}") as Record<string, number | string>;
}

function addressOf(host: string): string {
  if (isIP(host) !== 0) return host;
  const address = host === "localhost" ? "127.0.0.1" : world()[host];
  if (typeof address === "string") return address;
  throw new RuntimeError(`config operation failed: create: cannot resolve host '${host}'`);
}

/** What the flags of `create` come to. `packed`: the machine is made from a pack, which says whether it wants a network. */
export function networkAsked(version: string, asked: Asked, packed: { readonly network: boolean } | null): Network {
  // `create --from` took none of them until 1.8.0 (run_from_smolmachine, src/cli/machine.rs).
  const dropped = packed !== null && has(version, "allow-dropped");
  const hosts = dropped ? [] : (asked.lists.get("allow-host") ?? []);
  const allow = [
    ...(dropped ? [] : (asked.lists.get("allow-cidr") ?? [])),
    ...hosts.map(addressOf),
    ...(!dropped && asked.flags.has("outbound-localhost-only") ? [LOOPBACK] : []),
  ];
  const policy = allow.length > 0;
  const ports = asked.lists.has("port");
  const named = asked.values.has("dns") || asked.values.has("network");
  if (!policy && !ports && !named && !asked.flags.has("net") && packed?.network !== true) return null;
  const wanted = asked.values.get("net-backend");
  if (wanted !== undefined && wanted !== "tsi" && wanted !== "virtio-net") {
    throw new RuntimeError(`config operation failed: create: unknown network backend '${wanted}'`);
  }
  if (policy && wanted === "virtio-net" && !atLeast(version, "1.0.2")) {
    throw new RuntimeError("config operation failed: create: virtio-net does not support egress policies");
  }
  if (policy && wanted === "tsi" && atLeast(version, "1.1.3")) {
    throw new RuntimeError("config operation failed: create: tsi does not enforce egress policies");
  }
  // Ports pick virtio-net since 1.0.4; any policy does since 1.1.3 (PR 427).
  const picked = (policy && atLeast(version, "1.1.3")) || (ports && atLeast(version, "1.0.4")) ? "virtio-net" : "tsi";
  return {
    backend: wanted ?? picked,
    allow: policy ? allow : null,
    names: hosts.length > 0 ? hosts : null,
  };
}

/** What is refused whatever a list allows, by the environment of who starts the machine. */
export function floorOf(version: string, backend: "tsi" | "virtio-net", env = process.env): readonly string[] {
  const asked = atLeast(version, "1.3.9") ? env.SMOLVM_EGRESS_FLOOR : undefined;
  if (asked === "off") return [];
  if (asked === "metadata") return LINK_LOCAL;
  if (asked === "strict") return PRIVATE;
  if (env.SMOLVM_EGRESS_ALLOW_PRIVATE === "1" && atLeast(version, "1.0.4")) return [];
  if (backend === "tsi") return atLeast(version, "1.3.3") ? PRIVATE : [];
  if (atLeast(version, "1.1.3")) return LINK_LOCAL;
  return atLeast(version, "1.0.4") ? PRIVATE : [];
}

/** What a machine that starts now reaches. */
export function rulesOf(version: string, network: NonNullable<Network>, ports: readonly string[]): Rules {
  const { backend, names } = network;
  const floor = floorOf(version, backend);
  // Lists were no boundary before any policy moved to virtio-net (commit f8f7d148, PR 427).
  const open = network.allow === null || (backend === "tsi" && has(version, "allow-open"));
  const local = network.allow?.every((cidr) => cidr.startsWith("127.")) === true;
  const allow = open ? null : [...(network.allow ?? []), ...(backend === "tsi" && !local ? ["1.1.1.1/32"] : [])];
  return {
    allow,
    names: open ? null : names,
    floor,
    loopback: backend === "tsi" && !floor.includes(LOOPBACK),
    gateway: backend === "tsi" ? null : GATEWAY,
    // Whatever the list says: the gateway is no address of the outside.
    relayed: backend === "virtio-net" && atLeast(version, "1.7.2"),
    ports,
    world: world(),
  };
}
