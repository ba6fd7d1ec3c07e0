import type { CreateContext } from "../backend.ts";
import { closeWay, listenOnWay, WAY_SOCKET, wayFolder } from "../gateway-socket.ts";
import { GUEST } from "../guest.ts";
import type { Attachment, Way } from "./cage-arguments.ts";

/** Where the cage sees the folder with the gateway's socket. */
const WAY = "/run/way";
/**
 * PURE: placement `socket`. The container has a network namespace of its own with nothing in it: no bridge, no resolver,
 * no address of the host. Its one way out is a unix socket on which only this bottle's gateway listens, so that which
 * socket accepted is who asks. Programs speak TCP, so a forwarder of the holder's user leads there from 127.0.0.1.
 */
export function socketAttachment(run: string): Attachment {
  return {
    network: ["--network", "none"],
    mounts: [{ host: wayFolder(run), guest: WAY }],
    open: forwarderLines(GUEST.port, `${WAY}/${WAY_SOCKET}`),
    proxyUrl: GUEST.proxyUrl,
    reaches: "none",
  };
}

/** The bottle ends with its forwarder: one that has no way out but looks alive would only confuse. */
function forwarderLines(port: number, socket: string): string[] {
  const listening = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`;
  return [
    "holder=$$",
    // -t: socat would cut the other direction half a second after one has ended.
    `{ socat -t 86400 TCP4-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr,backlog=511,nodelay UNIX-CONNECT:${socket}; kill -KILL $holder; } </dev/null >/dev/null 2>&1 &`,
    `until grep -q '${listening}' /proc/net/tcp; do sleep 0.01; done`,
  ];
}

/** Placement `socket`: opens the way, which is undone by `cleanup`. Rejects with STATE_UNUSABLE. */
export async function openSocketWay(run: string, { cleanup, journal }: CreateContext): Promise<Way> {
  await journal("gateway socket", run);
  cleanup.push("gateway socket", () => closeWay(run));
  const listener = await listenOnWay(run);
  cleanup.push("gateway listener", () => void listener.close());
  return { attachment: socketAttachment(run), ready: Promise.resolve((ways) => ways.here(listener)) };
}
