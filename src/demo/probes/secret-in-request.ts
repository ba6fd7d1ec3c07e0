import { randomInt } from "node:crypto";
import { crc32Base62 } from "../../core/leaks/crc32.ts";
import { readRefused } from "../audit-view.ts";
import { POST_PROGRAM } from "../inside/post.ts";
import { LISTED_HOST, type ListedHost } from "../listed-host.ts";
import type { DemoBottle, ProbeResult } from "../session-port.ts";

export const SECRET_IN_REQUEST = "a secret to a listed host";

const TYPE = "GitHub personal access token";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/**
 * A body that holds what looks like a token is refused at a host that the bottle may post to, and the refusal names the
 * type; the same body without it arrives. The log names it too, and holds it nowhere.
 */
export async function probeSecretInRequest(bottle: DemoBottle, listed: ListedHost): Promise<ProbeResult> {
  const token = inventedToken();
  const refused = await post(bottle, `the key is ${token}`);
  const taken = await post(bottle, "the key is not here");
  const events = await bottle.audit();
  const named = refused.includes(TYPE);
  const denied = readRefused(events, LISTED_HOST, "token-in-request");
  const clean = taken.startsWith("HTTP/1.1 200") && listed.received.join() === "the key is not here";
  const logged = JSON.stringify(events).includes(token);
  return {
    name: SECRET_IN_REQUEST,
    ok: refused.startsWith("HTTP/1.1 403") && named && denied === 1 && clean && !logged,
    evidence: [
      named ? `the refusal names it: ${TYPE}` : `no refusal named it: ${refused.split("\n")[0]?.trim() ?? "no answer"}`,
      clean ? "the same body without it arrived" : `${listed.received.length} bodies arrived`,
      `refused ${denied} ${denied === 1 ? "time" : "times"} in the audit log, ${logged ? "WITH THE TOKEN" : "the token nowhere in it"}`,
    ],
  };
}

async function post(bottle: DemoBottle, body: string): Promise<string> {
  const argv = ["/usr/bin/perl", "-", `http://${LISTED_HOST}/paste`, body];
  return (await bottle.exec(argv, { stdin: Buffer.from(POST_PROGRAM) })).stdout.toString("utf8");
}

/** Of the issuer's form, with the right checksum, and good for nothing. */
function inventedToken(): string {
  const body = Array.from({ length: 30 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  return `ghp_${body}${crc32Base62(body)}`;
}
