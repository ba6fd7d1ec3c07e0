import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { Secret } from "../../core/model/secret.ts";

/** Clocks differ: a token from the future is refused. */
const BEFORE_SECONDS = 60;
/** Ten minutes ahead is the most that GitHub takes; the clock may be wrong the other way, too. */
const AFTER_SECONDS = 8 * 60;

/**
 * What a GitHub App logs in with: a JWT by RS256 (RFC 7519; docs.github.com, "Generating a JSON Web Token for a GitHub
 * App"). `now` is in ms since the epoch. Null: the key is none of RSA.
 */
export function appJwt(app: string, key: Secret, now: number): Secret | null {
  const rsa = rsaKey(key);
  if (rsa === null) return null;
  const seconds = Math.floor(now / 1000);
  const head = { alg: "RS256", typ: "JWT" };
  const claims = { iat: seconds - BEFORE_SECONDS, exp: seconds + AFTER_SECONDS, iss: app };
  const signed = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = sign("sha256", Buffer.from(signed), rsa).toString("base64url");
  return new Secret(`${key.name} login`, `${signed}.${signature}`);
}

function rsaKey(key: Secret): KeyObject | null {
  try {
    const read = createPrivateKey(key.reveal());
    return read.asymmetricKeyType === "rsa" ? read : null;
  } catch {
    return null;
  }
}
