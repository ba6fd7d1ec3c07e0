import { foldedField } from "./override-fields.ts";

/** Words that make a name a login: `X-Vault-Token`, `private-token`, `Ocp-Apim-Subscription-Key`, `x-authorization`. */
const LOGIN_FIELD =
  /^(?:cookie2?|authorization|authentication)$|^(?:x-)?authorization-|-authorization(?:-|$)|token$|api-?key$|-key$|(?:secret|password|passwd|credentials?|jwt)$/;

/** The same words where they are something else: what names a page, a lock, an upload or a handshake logs nobody in. */
const NO_LOGIN =
  /(?:csrf|xsrf|verification|continuation|page|next|sync|lock|cancell?ation|client|client-?request|idempotency)-?token$|(?:idempotency|websocket|cache|surrogate|encryption|customer|partition|routing|sort|deduplication|message|shard)-?key$/;

/** Parameters by which servers take a login, folded: no case, no separators. */
const LOGIN_PARAMETER =
  /token$|api-?key$|^key$|access-?key(?:-?id)?$|(?:secret|password|passwd|jwt|authorization)$|^auth$/;

/** True for a field by which some server takes a login, in whatever spelling. */
export function isLoginField(name: string): boolean {
  const folded = foldedField(name);
  return LOGIN_FIELD.test(folded) && !NO_LOGIN.test(folded);
}

/** The same for a decoded query parameter; `access_token[]` is one too. */
export function isLoginParameter(name: string): boolean {
  const end = name.search(/[[\0]/);
  const folded = foldedField((end < 0 ? name : name.slice(0, end)).trim());
  return LOGIN_PARAMETER.test(folded) && !NO_LOGIN.test(folded);
}

/** Words in a subprotocol of WebSocket by which a browser, which cannot set headers, brings a login. */
const LOGIN_PROTOCOL =
  /(?:^|[^a-z])(?:o?auth|bearer|basic|jwt)(?:$|[^a-z])|token|api-?key|authorization|secret|passw|credential|cookie/;

/** Longer than any name that IANA registered; a token is. */
const PROTOCOL_NAME_LENGTH = 64;

/** The same for one name of Sec-WebSocket-Protocol: `openai-insecure-api-key.sk-...`, `base64url.bearer.authorization.k8s.io.e30`. */
export function isLoginProtocol(name: string): boolean {
  return name.length > PROTOCOL_NAME_LENGTH || LOGIN_PROTOCOL.test(foldedField(name));
}
