import { HOST_SERVICES, type SidecarMessage } from "../model/control-message.ts";
import { type Check, isCount, isFlag, listOf, objectOf, oneOf, orNull } from "../plan/checks.ts";
import { isFields } from "../plan/fields.ts";
import { isProposal, isRequestId } from "../policy/proposal-format.ts";
import { isModelName, isTokenCount } from "../usage/tokens.ts";
import { parseStrictJson } from "./strict-json.ts";

/** Texts of one line of the log; the gateway cuts its own shorter. */
const TEXT = 4096;
/** A target that is shown whole, or an excerpt of 1 KiB with each byte escaped. */
const SHOWN = 8192;
const SHORT = 256;
const ITEMS = 64;

const textOf =
  (limit: number): Check =>
  (value) =>
    typeof value === "string" && value.length <= limit;
const port: Check = (value) => Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= 65_535;
const someOf =
  (check: Check, limit = ITEMS): Check =>
  (value) =>
    listOf(check)(value) && (value as readonly unknown[]).length <= limit;

const code: Check = (value) => typeof value === "string" && /^[a-z][a-z0-9-]{0,39}$/.test(value);
const finding = objectOf({
  kind: oneOf("known", "canary", "pattern"),
  name: textOf(SHORT),
  fingerprint: orNull((value) => typeof value === "string" && /^[0-9a-f]{16}$/.test(value)),
  where: textOf(SHORT),
  through: someOf(textOf(SHORT)),
  action: oneOf("blocked", "masked", "warned", "asked"),
});
const decision = objectOf(
  {
    type: oneOf("decision"),
    id: isRequestId,
    verdict: oneOf("allow", "deny", "ask"),
    reason: code,
    rule: orNull(textOf(SHORT)),
    policyVersion: isCount,
    mode: oneOf("inspect", "splice", "http", "none"),
    method: orNull(textOf(TEXT)),
    authority: orNull(textOf(TEXT)),
    target: orNull(textOf(TEXT)),
    credentials: someOf(textOf(SHORT)),
    address: orNull(textOf(SHORT)),
    alert: isFlag,
    detail: orNull(textOf(TEXT)),
  },
  { findings: someOf(finding, 4 * ITEMS) },
);
const result = objectOf(
  {
    type: oneOf("result"),
    id: isRequestId,
    status: orNull(isCount),
    bytesOut: isCount,
    bytesIn: isCount,
    ms: (value) => typeof value === "number" && Number.isFinite(value) && value >= 0,
    scrubbed: isCount,
    error: orNull(textOf(TEXT)),
  },
  { findings: someOf(finding, 4 * ITEMS) },
);
/** What it costs is the host process's to say. */
const usage = objectOf({
  type: oneOf("usage"),
  id: isRequestId,
  model: orNull(isModelName),
  tokens: orNull(
    objectOf({
      input: isTokenCount,
      output: isTokenCount,
      cacheRead: isTokenCount,
      cacheWrite: isTokenCount,
      cacheWriteLong: isTokenCount,
    }),
  ),
  complete: isFlag,
});
/** What the gateway itself says; never a word of the host process, such as `sealed` (attack row 150). */
const session = objectOf({
  type: oneOf("session"),
  event: oneOf("upstream-connected", "internal-error", "tls-failed", "tunnel-cut", "denials-suppressed"),
  detail: textOf(TEXT),
});
const shown: Check = (value) =>
  isProposal(value) &&
  Object.entries(value).every(([, field]) =>
    Array.isArray(field) ? someOf(textOf(TEXT))(field) : typeof field !== "string" || field.length <= SHOWN,
  );

const tcpPlace = objectOf({ kind: oneOf("tcp"), address: textOf(SHORT), port });
const servicePlace = objectOf({ kind: oneOf("service"), name: oneOf(...HOST_SERVICES) });
const unixPlace = objectOf({ kind: oneOf("unix"), path: textOf(SHORT) });

const MESSAGES: Readonly<Record<SidecarMessage["type"], Check>> = {
  ready: objectOf({ type: oneOf("ready"), ports: someOf(port) }),
  failed: objectOf({ type: oneOf("failed"), why: textOf(TEXT) }),
  audit: objectOf({
    type: oneOf("audit"),
    seq: isCount,
    event: (value) => decision(value) || result(value) || usage(value) || session(value),
  }),
  show: objectOf({ type: oneOf("show"), seq: isCount, proposal: shown }),
  withdraw: objectOf({ type: oneOf("withdraw"), id: isRequestId }),
  secret: objectOf({ type: oneOf("secret"), seq: isCount, credential: textOf(SHORT) }),
  dial: objectOf({
    type: oneOf("dial"),
    seq: isCount,
    place: (value) => tcpPlace(value) || unixPlace(value) || servicePlace(value),
  }),
  alert: objectOf({ type: oneOf("alert"), text: textOf(TEXT) }),
  reply: objectOf({ type: oneOf("reply"), seq: isCount, value: orNull(isCount) }),
  claimed: objectOf({
    type: oneOf("claimed"),
    seq: isCount,
    problem: oneOf("unknown", "answered", null),
    waiting: isCount,
    others: someOf(isRequestId),
  }),
  pong: objectOf({ type: oneOf("pong") }),
  closed: objectOf({ type: oneOf("closed") }),
};

/**
 * Reads one line of a sidecar, which parses what an agent sends and may be in its hands: every field of every message is
 * known, of a known shape and short; null for anything else, and then the sidecar is ended. Attack rows 150, 153.
 */
export function readSidecarMessage(line: Uint8Array): SidecarMessage | null {
  const reading = parseStrictJson(line, { depth: 8, values: 4096, keys: 64 });
  if (!reading.ok || !isFields(reading.value)) return null;
  const { type } = reading.value;
  if (typeof type !== "string" || !Object.hasOwn(MESSAGES, type)) return null;
  const check = MESSAGES[type as SidecarMessage["type"]];
  return check(reading.value) ? (reading.value as unknown as SidecarMessage) : null;
}
