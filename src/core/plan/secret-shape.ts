import { compilePatterns } from "../leaks/patterns.ts";
import { BottleError } from "../model/errors.ts";
import type { Secret } from "../model/secret.ts";

/**
 * Beginnings that issuers document for their tokens. Looser than the formats of the leak scan: here half a token, a wrong
 * checksum or a sample is a yes too, because a mistake costs a word in the manifest and no request.
 */
const KNOWN = [
  /sk-ant-[A-Za-z0-9_-]{10,}/,
  /\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}/,
  /\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,}/,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/,
  /\bgl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_-]{16,}/,
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/,
  /\bAIza[A-Za-z0-9_-]{30,}/,
  /\bya29\.[A-Za-z0-9_-]{20,}/,
  /\b(?:npm|hf|dp\.pt|dckr_pat|pul|shpat|rk_live|sk_live|sk_test|whsec)_[A-Za-z0-9]{16,}/,
  /\bpypi-[A-Za-z0-9_-]{30,}/,
  /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/,
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/,
  /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY/,
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i,
  /\b(?:bearer|basic)\s+[A-Za-z0-9+/=._~-]{16,}/i,
];

const SECRET_NAME =
  /(?:SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SESSION_?KEY|(?:^|_)AUTH(?:$|_))/i;

/**
 * True when `value` looks like a credential: a documented form, or a long run of letters and digits too irregular for a
 * word, a path or a number. Errs on the side of yes: `expose: true` is the way to say that it is none (attack row 155).
 */
export function looksLikeSecret(value: string): boolean {
  if (holdsDocumentedSecret(value)) return true;
  return (value.match(/[A-Za-z0-9+/=_-]{20,}/g) ?? []).some(isIrregular);
}

/** True when a credential of a documented form stands in `text`; prose and code without one are left alone. */
export function holdsDocumentedSecret(text: string): boolean {
  return KNOWN.some((pattern) => pattern.test(text)) || holdsToken(text);
}

function holdsToken(text: string): boolean {
  return compilePatterns().scan(Buffer.from(text), true).matches.length > 0;
}

/** True when a variable of this name holds a credential by common custom, e.g. `DB_PASSWORD`, `NPM_TOKEN`. */
export function isSecretName(variable: string): boolean {
  return SECRET_NAME.test(variable);
}

function isIrregular(run: string): boolean {
  // Paths and dashed words are judged by their parts; base64 with a slash in it is no path.
  if (run.length >= 32 && !run.startsWith("/") && kindsOf(run) === 3 && entropyOf(run) >= 4.2) return true;
  return run.split(/[/_-]/).some((part) => {
    if (part.length >= 20) return kindsOf(part) >= 2 && entropyOf(part) >= 3;
    return part.length >= 16 && kindsOf(part) === 3 && entropyOf(part) >= 3.5;
  });
}

/** How many of small letters, capitals and digits occur. */
function kindsOf(text: string): number {
  return [/[a-z]/, /[A-Z]/, /[0-9]/].filter((kind) => kind.test(text)).length;
}

/** Shannon entropy in bits for each character. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** A variable of the bottle whose value came from the host or from the operator's keyboard. */
export interface CopiedVariable {
  /** Name in the bottle. */
  readonly name: string;
  /** Name on the host; null when it was asked for. */
  readonly variable: string | null;
  readonly value: string;
  readonly expose: boolean;
}

/**
 * Whether a copied value may enter the bottle: SECRET_EXPOSED when it is, contains or lies in a credential's value, or
 * looks like a secret, unless the manifest says `expose: true`. A declared credential's value is refused even then:
 * it belongs in the gateway alone. The message never holds the value (attack row 155).
 */
export function judgeExposure(copied: CopiedVariable, secrets: readonly Secret[]): BottleError | null {
  const from = copied.variable === null ? "" : ` (copied from ${copied.variable})`;
  for (const secret of secrets) {
    const known = secret.reveal();
    // A short value is a part of many; a part of eight characters is enough to be worth hiding.
    const shared = copied.value.includes(known) || (copied.value.length >= 8 && known.includes(copied.value));
    if (known.length > 0 && shared) {
      return new BottleError(
        "SECRET_EXPOSED",
        `env ${copied.name}${from} holds the value of credential ${secret.name}`,
        {
          hint: `take ${copied.name} out of env: the gateway writes this credential into requests, the bottle never needs it`,
        },
      );
    }
  }
  if (copied.expose || copied.value === "") return null;
  if (!looksLikeSecret(copied.value) && !isSecretName(copied.variable ?? "")) return null;
  return new BottleError("SECRET_EXPOSED", `env ${copied.name}${from} looks like a secret`, {
    hint: `declare it under credentials; if the agent may read it: {"value": "\${${copied.variable ?? copied.name}}", "expose": true}`,
  });
}
