import { SERVICE_ALIASES } from "../../core/plan/gateway-env.ts";
import { type Attachment, hardeningArguments } from "./cage-arguments.ts";
import { labelArguments, type Ownership } from "./labels.ts";
import { SIDECAR_INIT } from "./sidecar-init.ts";

/** Ports of the gateway, of git's own protocol and of supervise, as they always were: all lead to the one listener. */
export const BUNDLE_PORTS = [9099, 9418, 9100] as const;
/** What a sidecar runs. */
export const BUNDLE_SERVICES = "egress";
/** The sidecar image's own user: nobody of the engine's machine, and not the agent's. */
const SIDECAR_USER = "10001:10001";
const MEMORY = "1g";

/** The two networks of a bottle: on the inner one are its cage and its sidecar, on the outer one the sidecar alone. */
export type Side = "inner" | "outer";

/** Options of the bridge driver for the inner network. */
export const INNER_OPTIONS = {
  // Without it the bridge has an address, and what listens on all addresses of the host can be reached through it.
  "com.docker.network.bridge.inhibit_ipv4": "true",
} as const;

/** PURE: words that make a network. The inner one leads nowhere. */
export function networkArguments(side: Side, name: string, ownership: Ownership): string[] {
  const options = Object.entries(INNER_OPTIONS).flatMap(([key, value]) => ["--opt", `${key}=${value}`]);
  const inner = side === "inner" ? ["--internal", ...options] : [];
  return ["network", "create", "--driver", "bridge", ...inner, ...labelArguments(ownership), name];
}

/**
 * PURE: how the cage is attached. Its names stand in its own hosts file and its resolv.conf is empty; the engine's
 * resolver is there all the same, at 127.0.0.11, and would ask the host's: it is told to ask the cage itself, where
 * nobody answers (decision 8).
 */
export function bundleAttachment(inner: string): Attachment {
  return {
    network: ["--network", inner, "--dns", "127.0.0.1"],
    mounts: [],
    open: [],
    proxyUrl: `http://${SERVICE_ALIASES[0]}:${BUNDLE_PORTS[0]}`,
    reaches: "gateway-only",
  };
}

export interface SidecarSpec {
  readonly name: string;
  readonly ownership: Ownership;
  /** The image's id. */
  readonly image: string;
  readonly runtime: string | null;
  readonly seccompFile: string;
  readonly outer: string;
}

/** PURE: words that run the sidecar. It mounts nothing, so it can write nothing that the host process trusts. */
export function sidecarArguments(spec: SidecarSpec): string[] {
  return [
    ...["run", "--interactive", "--name", spec.name, ...labelArguments(spec.ownership)],
    // An init of our own.
    ...hardeningArguments().filter((word) => word !== "--init"),
    ...(spec.runtime === null ? [] : ["--runtime", spec.runtime]),
    ...["--security-opt", `seccomp=${spec.seccompFile}`, "--user", SIDECAR_USER],
    ...["--network", spec.outer, "--env", `BOT_BOTTLE_SERVICES=${BUNDLE_SERVICES}`],
    // It has two networks, and is no way from one to the other but through the gateway.
    ...["--sysctl", "net.ipv4.ip_forward=0"],
    ...["--tmpfs", "/tmp:rw,noexec,nosuid,nodev,mode=1777,size=1m", "--memory", MEMORY, "--memory-swap", MEMORY],
    ...["--pids-limit", "128", spec.image, "-c", SIDECAR_INIT],
  ];
}

/** PURE: words that put the sidecar on the inner network, under the names that agents know. */
export function connectArguments(inner: string, sidecar: string): string[] {
  return ["network", "connect", ...SERVICE_ALIASES.flatMap((alias) => ["--alias", alias]), inner, sidecar];
}

/** PURE: lines of the cage's hosts file for a sidecar at `address`. */
export function aliasLine(address: string): string {
  return `${address} ${SERVICE_ALIASES.join(" ")}\n`;
}
