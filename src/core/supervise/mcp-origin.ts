import { SERVICE_ALIASES } from "../plan/gateway-env.ts";

/** Names under which a bottle knows its own services. */
const OWN_NAMES: readonly string[] = ["127.0.0.1", "localhost", ...SERVICE_ALIASES];

/**
 * True when a request to supervise is for the bottle's own listener and comes from no web page of elsewhere: a page that a browser in
 * the bottle shows must not ask in the agent's name (DNS rebinding; the transport's specification asks for the check).
 * `host` is the Host field, `origin` the Origin field or null.
 */
export function isOwnOrigin(host: string | undefined, origin: string | null): boolean {
  if (host === undefined || !isOwn(host)) return false;
  return origin === null || (origin.startsWith("http://") && isOwn(origin.slice("http://".length)));
}

function isOwn(authority: string): boolean {
  const [, name = "", port] = /^([a-z0-9.-]{1,64})(?::([0-9]{1,5}))?$/.exec(authority) ?? [];
  return OWN_NAMES.includes(name) && (port === undefined || Number(port) <= 65_535);
}
