import { generateKeyPairSync } from "node:crypto";
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
  /** The CA certificate, for the trust store of the bottle. The key never leaves this module. */
  readonly caPem: string;
  /** Certificate of `host` as PEM, new on each call. `host` is a name or IP literal that the policy allows. */
  mint(host: string): string;
  /** Server context for `host`, from a cache of 256. Call it only for a host that the policy allows (attack row 126). */
  contextFor(host: string): SecureContext;
}

/**
 * One CA per bottle (attack row 102) and one leaf key shared by its leaves: minting a leaf is one
 * signature, so that a flood of names costs little. Keys are P-256 and stay in memory.
 */
export function createBottleCa(bottle: string, now: () => number = Date.now): BottleCa {
  const ca = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const leaf = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const leafKeyPem = leaf.privateKey.export({ type: "pkcs8", format: "pem" });
  const caName = `bottle ${bottle}`;
  const signed = { issuer: caName, signingKey: ca.privateKey, issuerKey: ca.publicKey };
  const born = now();
  const caEnd = born + CA_DAYS * DAY;
  const caPem = writeCertificate({
    ...signed,
    subject: caName,
    publicKey: ca.publicKey,
    notBefore: new Date(born - SKEW),
    notAfter: new Date(caEnd),
    host: null,
  });
  const mint = (host: string) =>
    writeCertificate({
      ...signed,
      subject: "gateway",
      publicKey: leaf.publicKey,
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
            context: createSecureContext({ cert: mint(host), key: leafKeyPem, minVersion: "TLSv1.2" }),
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
