import { HOST_SERVICES, type HostMessage, type ServiceStart } from "../model/control-message.ts";
import { type Check, isCount, isFlag, isText, listOf, objectOf, oneOf, orNull } from "../plan/checks.ts";
import { isFields } from "../plan/fields.ts";
import { readPolicyValue } from "../policy/policy-format.ts";
import { isRequestId } from "../policy/proposal-format.ts";
import { parseStrictJson } from "./strict-json.ts";

const port: Check = (value) => isCount(value) && Number(value) <= 65_535;
const named = objectOf({ name: isText, value: isText });
const policy: Check = (value) => readPolicyValue(value).ok;

const START: Readonly<Record<keyof ServiceStart, Check>> = {
  type: oneOf("start"),
  protocol: isCount,
  bottle: isText,
  listen: objectOf({ addresses: listOf(isText), ports: listOf(port) }),
  policy,
  credentials: listOf(named),
  known: listOf(named),
  ca: objectOf({ certificate: isText, key: isText, endsAt: isCount }),
  ownAddresses: listOf(isText),
  asks: isFlag,
  services: listOf(oneOf(...HOST_SERVICES)),
  upstreamCaPem: orNull(isText),
};
const MESSAGES: Readonly<Record<HostMessage["type"], Check>> = {
  start: objectOf(START),
  policy: objectOf({ type: oneOf("policy"), seq: isCount, policy, cause: isText }),
  claim: objectOf({ type: oneOf("claim"), seq: isCount, id: isRequestId }),
  settle: objectOf({
    type: oneOf("settle"),
    seq: isCount,
    id: isRequestId,
    answer: oneOf("once", "granted", "ask-denied"),
  }),
  "put-back": objectOf({ type: oneOf("put-back"), id: isRequestId }),
  forgive: objectOf({ type: oneOf("forgive"), seq: isCount, id: isRequestId }),
  done: objectOf({ type: oneOf("done"), seq: isCount, ok: isFlag }),
  secret: objectOf({ type: oneOf("secret"), seq: isCount, value: orNull(isText), why: orNull(isText) }),
  dialled: objectOf({ type: oneOf("dialled"), seq: isCount, why: orNull(isText) }),
  ping: objectOf({ type: oneOf("ping") }),
  close: objectOf({ type: oneOf("close") }),
};

/** Reads one line of the host process; null for what this version does not know to the letter: the sidecar then ends. */
export function readHostMessage(line: Uint8Array): HostMessage | null {
  const reading = parseStrictJson(line, { keys: 1024 });
  if (!reading.ok || !isFields(reading.value)) return null;
  const { type } = reading.value;
  if (typeof type !== "string" || !Object.hasOwn(MESSAGES, type)) return null;
  const check = MESSAGES[type as HostMessage["type"]];
  return check(reading.value) ? (reading.value as unknown as HostMessage) : null;
}
