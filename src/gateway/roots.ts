import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

/** The roots that upstream certificates are verified against. There is no way to turn verification off. */
export interface Roots {
  /** Node's own roots and the extra ones. */
  readonly usual: SecureContext | null;
  /** The same with the roots of this machine (corporate roots live there). Reading them takes about 150 ms: only when needed. */
  wide(): SecureContext;
  /** For a rule whose `dial` names a CA: that CA and nothing else (attack row 156). */
  only(caPem: string): SecureContext;
}

/** `extraPem` is trusted besides the usual roots; null when there is none. Throws when a PEM cannot be read. */
export function createRoots(extraPem: string | null): Roots {
  const extra = extraPem === null ? [] : [extraPem];
  const usual =
    extraPem === null ? null : createSecureContext({ ca: [...getCACertificates("default"), ...extra], ...VERSIONS });
  const named = new Map<string, SecureContext>();
  let wide: SecureContext | null = null;
  return {
    usual,
    wide: () => {
      if (wide === null) {
        const all = new Set([...getCACertificates("default"), ...getCACertificates("system"), ...extra]);
        wide = createSecureContext({ ca: [...all], ...VERSIONS });
      }
      return wide;
    },
    only: (caPem) => {
      const known = named.get(caPem) ?? createSecureContext({ ca: [caPem], ...VERSIONS });
      named.set(caPem, known);
      return known;
    },
  };
}

const VERSIONS = { minVersion: "TLSv1.2" } as const;
