import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import { writeCertificate } from "./x509.ts";

const DAY = 24 * 60 * 60 * 1000;
/** Clients refuse leaves that live longer than this allows for. */
const LEAF_DAYS = 90;
const CA_DAYS = 365;
/** A clock in the bottle that is a little behind must not refuse a new certificate. */
const SKEW = 60 * 60 * 1000;
const CACHED_LEAVES = 256;

export interface BottleCa {
  /** The CA certificate, for the trust store of the bottle. The key stays in memory. */
  readonly caPem: string;
  /** Certificate of `host` as PEM, new on each call. `host` is a name or IP literal that the policy allows. */
  mint(host: string): string;
  /** Server context for `host`, from a cache of 256. Call it only for a host that the policy allows (attack row 126). */
  contextFor(host: string): SecureContext;
}

/** A CA's certificate and key. A key object prints nothing of itself. */
export interface CaIdentity {
  readonly certificate: string;
  readonly key: KeyObject;
  /** When the certificate ends, in milliseconds since the epoch. */
  readonly endsAt: number;
}

/** A new CA: for one bottle, as long as it lives. The key is P-256. */
export function newCaIdentity(bottle: string, now: () => number = Date.now): CaIdentity {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const born = now();
  const endsAt = born + CA_DAYS * DAY;
  const certificate = writeCertificate({
    issuer: caNameOf(bottle),
    signingKey: privateKey,
    issuerKey: publicKey,
    subject: caNameOf(bottle),
    publicKey,
    notBefore: new Date(born - SKEW),
    notAfter: new Date(endsAt),
    host: null,
  });
  return { certificate, key: privateKey, endsAt };
}

const caNameOf = (bottle: string) => `bottle ${bottle}`;

/**
 * One CA per bottle (attack row 102) and one leaf key shared by its leaves: minting a leaf is one
 * signature, so that a flood of names costs little. Keys are P-256 and stay in memory. `identity` is that of the same
 * bottle, when its gateway begins again.
 */
export function createBottleCa(
  bottle: string,
  now: () => number = Date.now,
  identity: CaIdentity = newCaIdentity(bottle, now),
): BottleCa {
  const { certificate: caPem, key, endsAt: caEnd } = identity;
  const signed = { issuer: caNameOf(bottle), signingKey: key, issuerKey: createPublicKey(key) };
  // Made with the first leaf: a start needs none.
  let made: { readonly publicKey: KeyObject; readonly pem: string } | null = null;
  const leaf = () => {
    if (made === null) {
      const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      made = { publicKey, pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
    }
    return made;
  };
  const mint = (host: string) =>
    writeCertificate({
      ...signed,
      subject: "gateway",
      publicKey: leaf().publicKey,
      notBefore: new Date(now() - SKEW),
      notAfter: new Date(Math.min(now() + LEAF_DAYS * DAY, caEnd)),
      host,
    });
  const cache = new Map<string, { context: SecureContext; until: number }>();
  const contextFor = (host: string): SecureContext => {
    const known = cache.get(host);
    cache.delete(host);
    const entry =
      known !== undefined && known.until > now()
        ? known
        : {
            context: createSecureContext({ cert: mint(host), key: leaf().pem, minVersion: "TLSv1.2" }),
            until: now() + (LEAF_DAYS - 1) * DAY,
          };
    // Last used goes to the end: the first key is the one to drop.
    cache.set(host, entry);
    if (cache.size > CACHED_LEAVES) {
      for (const oldest of cache.keys()) {
        cache.delete(oldest);
        break;
      }
    }
    return entry.context;
  };
  return { caPem, mint, contextFor };
}
