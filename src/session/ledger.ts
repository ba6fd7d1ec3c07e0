import type { AuditEvent, AuditSink } from "../core/model/audit.ts";
import type { GrantId } from "../core/model/grant.ts";
import type { Proposal, ProposalEvidence } from "../core/model/proposal.ts";
import { grantRuleId } from "../core/policy/grants.ts";

/** What came of a grant since it was given. */
export interface GrantUse {
  /** Requests that were answered by it. */
  readonly uses: number;
  /** The first of them: ISO 8601, and the status (null: it broke off). null: not used yet. */
  readonly firstUse: { readonly at: string; readonly status: number | null } | null;
}

/** What the host process saw pass into the audit log in this run: evidence for questions, and the effect of answers. */
export interface Ledger {
  /** The sink, with each line noted once it is written. */
  watch(sink: AuditSink): AuditSink;
  evidence(proposal: Pick<Proposal, "authority" | "credentials">): ProposalEvidence;
  use(grant: GrantId): GrantUse;
}

/** Hosts, grants, and requests without an outcome yet, that are remembered. */
const MOST = 1024;
const UNUSED: GrantUse = { uses: 0, firstUse: null };

/** `onLimit` is called for each denial because something was too much. */
export function createLedger(onLimit: () => void, now: () => number = Date.now): Ledger {
  const denials = new Map<string, { count: number; since: string }>();
  const written = new Set<string>();
  const open = new Map<string, GrantId>();
  const uses = new Map<GrantId, GrantUse>();
  const iso = () => new Date(now()).toISOString();

  const note = (event: AuditEvent) => {
    if (event.type === "result") {
      const grant = open.get(event.id);
      if (grant === undefined) return;
      open.delete(event.id);
      const { uses: count, firstUse } = uses.get(grant) ?? UNUSED;
      uses.set(grant, { uses: count + 1, firstUse: firstUse ?? { at: iso(), status: event.status } });
      trim(uses);
    }
    if (event.type !== "decision") return;
    const { id, verdict, authority, rule, credentials, reason } = event;
    if (verdict === "deny") {
      open.delete(id);
      if (reason === "limit-reached") onLimit();
      if (authority === null) return;
      const known = denials.get(authority);
      if (known === undefined) denials.set(authority, { count: 1, since: iso() });
      else known.count += 1;
      trim(denials);
    }
    if (verdict !== "allow" || authority === null) return;
    for (const name of credentials) written.add(writingOf(name, authority));
    if (written.size > MOST) trim(written);
    if (rule?.startsWith(GRANT_RULE) === true) {
      open.set(id, rule.slice(GRANT_RULE.length));
      trim(open);
    }
  };
  return {
    watch: (sink) => ({
      append: async (event) => {
        await sink.append(event);
        note(event);
      },
    }),
    evidence: ({ authority, credentials }) => {
      const known = denials.get(authority);
      return {
        denied: known?.count ?? 0,
        since: known?.since ?? null,
        firstUse: credentials.filter((name) => !written.has(writingOf(name, authority))),
      };
    },
    use: (grant) => uses.get(grant) ?? UNUSED,
  };
}

const GRANT_RULE = grantRuleId({ id: "" });

function writingOf(credential: string, authority: string): string {
  return `${credential} ${authority}`;
}

function trim(map: { readonly size: number; keys(): Iterator<string>; delete(key: string): boolean }): void {
  const oldest = map.keys().next();
  if (map.size > MOST && oldest.done !== true) map.delete(oldest.value);
}
