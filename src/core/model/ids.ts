/** Name of a bottle: what the operator types, and the name of its folder. */
export type BottleName = string;
/** Name of an egress rule, unique in a policy: `<source>:<index or name>`. */
export type RuleId = string;
/** Id of one request through the gateway, as shown in refusals and in the audit log. */
export type RequestId = string;

/** What an agent, a bottle definition or a bottle may be called (RFC 1123 label, at most 41 characters). */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,40}$/;

/** True when `text` can name an agent or a bottle. Such a name is also safe as a file name and in a shell word. */
export function isName(text: string): boolean {
  return NAME_PATTERN.test(text);
}

/** `<agent>-<5 base-36 characters>`, the agent part cut so that the whole stays a valid name. `random` is 5 or more bytes. */
export function bottleName(agent: string, random: Uint8Array): BottleName {
  const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
  const suffix = [...random.subarray(0, 5)].map((byte) => alphabet[byte % 36]).join("");
  return `${agent.slice(0, 35)}-${suffix}`;
}
