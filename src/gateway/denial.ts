import type { ReasonCode } from "../core/model/decision.ts";
import type { AuditFinding } from "../core/model/leak.ts";

/** Why something is not done. `status` null: the reason's own. */
export interface Denial {
  readonly ok: false;
  readonly reason: ReasonCode;
  readonly status: number | null;
  readonly detail: string | null;
  readonly alert: boolean;
  readonly address: string | null;
  /** The public rule pack that would allow it; null: none. */
  readonly pack: string | null;
  /** What kind of secret was found, for the client; null: nothing to say. */
  readonly secretType: string | null;
  /** What was found in the request, for the log. */
  readonly findings: readonly AuditFinding[];
}

/** A denial without an address. */
export function denial(reason: ReasonCode, detail: string | null, more: Partial<Denial> = {}): Denial {
  const none = { status: null, alert: false, address: null, pack: null, secretType: null, findings: [] } as const;
  return { ok: false, reason, detail, ...none, ...more };
}
