import { PUSH_METHOD } from "../core/gitgate/push-method.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Proposal } from "../core/model/proposal.ts";
import { packHint } from "../core/policy/pack-hints.ts";
import { printable, printableJson } from "../core/wire/printable.ts";
import type { SessionContext } from "../session/context.ts";
import { listWaiting, running, type Waiting } from "../session/waiting.ts";
import type { Io } from "./io.ts";
import { readerGone, writePaced } from "./paced-output.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, type VerbRun } from "./verb.ts";

/** No event crosses processes when something new waits: the folders are looked at. */
const LOOK_MS = 250;

/** `bottle approvals`: what waits for the operator; with --follow each as it comes. */
export const approvals: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const [name = null] = input.positionals;
  const json = text(input, "format") === "json";
  if (flag(input, "follow")) return follow(name, json, context, io);
  const waiting = await listWaiting(name, context);
  if (json) io.out(`${printableJson(waiting.map(asJson), 2)}\n`);
  else if (waiting.length === 0) io.say("nothing waits for an answer");
  else io.out(waiting.map((one) => shown(one)).join("\n"));
  return 0;
};

/** Until nobody wants it any more, and of one bottle until that has ended. */
async function follow(name: string | null, json: boolean, context: SessionContext, io: Io): Promise<number> {
  let known = new Set<string>();
  while (!io.signal.aborted && !readerGone()) {
    const waiting = await listWaiting(name, context);
    for (const one of waiting.filter(({ proposal }) => !known.has(proposal.id))) {
      // The operator's own terminal, which no agent shares: here a bell disturbs nobody.
      const bell = io.stdoutIsTerminal ? "\x07" : "";
      const line = json ? `${printableJson(asJson(one))}\n` : `${bell}${shown(one)}\n`;
      if (!(await writePaced(line))) return 0;
    }
    known = new Set(waiting.map(({ proposal }) => proposal.id));
    if (name !== null && !(await running(context)).some((record) => record.name === name)) return 0;
    await pause(io.signal);
  }
  return 0;
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS);
    signal.addEventListener("abort", done, { once: true });
  });
}

function asJson({ bottle, proposal }: Waiting): object {
  return { bottle, ...proposal };
}

/** Lines of a body that are shown: many would push the request itself off the screen (attack row 132). */
const BODY_LINES = 12;

/** One that waits, for people: all of it was written by an agent, and is escaped. */
function shown({ bottle, proposal }: Waiting): string {
  const { id, method, scheme, authority, target, findings, expiresAt } = proposal;
  const left = Math.max(0, Math.round((Date.parse(expiresAt) - Date.now()) / 1000));
  const lines = [
    `${id}  ${bottle}  ${left} s left`,
    `  ${method} ${scheme}://${authority}${target}`,
    `  ${bodyLine(proposal)}`,
    ...excerptLines(proposal),
    ...findings.map((line) => `  ! ${line}`),
    `  ${becauseLine(proposal)}`,
    `  bottle allow ${id}    bottle deny ${id}`,
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

/** The beginning of a body, and that it is only the beginning. */
function excerptLines({ excerpt, excerptBytes, bytes }: Proposal): readonly string[] {
  const all = excerpt.split("\n").filter((line) => line !== "");
  const cut = [
    ...(excerptBytes < bytes ? [`its other ${bytes - excerptBytes} bytes are not shown`] : []),
    ...(all.length > BODY_LINES ? [`${all.length - BODY_LINES} more lines with --format json`] : []),
  ];
  return [
    ...all.slice(0, BODY_LINES).map((line) => `  | ${line}`),
    ...(cut.length === 0 ? [] : [`  (${cut.join("; ")})`]),
  ];
}

function bodyLine({ bytes, sha256, contentType }: Proposal): string {
  if (bytes === 0) return "no body";
  return `body: ${bytes} bytes, ${contentType ?? "no content type"}, sha256 ${sha256}`;
}

const WHY: Readonly<Partial<Record<Proposal["reason"], string>>> = {
  "host-not-listed": "no rule lists this host",
  "port-not-listed": "no rule lists this port of the host",
  "method-not-listed": "no rule lists this method here",
  "path-not-listed": "no rule lists this path of the host",
  "query-not-listed": "no rule lists this query",
  "token-in-request": "a rule allows it, but not what looks like a secret in it, which is not shown above",
};

function becauseLine({ method, reason, rule, pack, credentials }: Proposal): string {
  const asks = method === PUSH_METHOD ? "it changes what runs elsewhere" : `rule ${rule ?? "?"} asks each time`;
  const why = reason === "ask-required" ? asks : (WHY[reason] ?? reason);
  return [
    why,
    ...credentials.map((name) => `adds the credential ${name}`),
    ...(pack === null ? [] : [packHint(pack)]),
  ].join("; ");
}

/** The one positional of `allow` and `deny`. Errors: USAGE. */
export function requestId([id = ""]: readonly string[]): string {
  if (/^[0-9a-z-]{1,64}$/.test(id)) return id;
  throw new BottleError("USAGE", `${printable(JSON.stringify(id), 80)} is not the id of a request`, {
    hint: "bottle approvals lists what waits, with its ids",
  });
}
