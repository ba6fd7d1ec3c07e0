import type { AuditSink } from "../core/model/audit.ts";
import { BottleError } from "../core/model/errors.ts";
import type { ModelAccess, Policy } from "../core/model/policy.ts";
import type { Proposal } from "../core/model/proposal.ts";
import type { Question } from "../core/model/question.ts";
import { ASK_TIMEOUT_MS } from "../core/policy/asking.ts";
import { printable } from "../core/wire/printable.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { ProposalDesk } from "../gateway/held.ts";
import { operatorName } from "../host/operator-name.ts";
import { writePolicy } from "../state/policy-file.ts";
import { openProposals } from "../state/proposals.ts";
import { type ApprovalRequest, createApprovals, type QuestionHolder, type RequestHolder } from "./approvals.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { createPolicyWriter, type PolicyWriter } from "./policy-writer.ts";

export interface AskingStart {
  readonly bottle: string;
  /** In force, and on disk. */
  readonly policy: Policy;
  readonly paths: { readonly proposals: string; readonly policy: string };
  readonly uid: number;
  readonly say: (line: string) => void;
  /** May a line be said when something waits? An interactive agent has the terminal for itself. */
  readonly announce: boolean;
  /** Something waits, and can be seen. */
  readonly onShown?: (item: Proposal | Question) => void;
  /** What was seen of this bottle's traffic; absent: nothing is. */
  readonly ledger?: Ledger;
}

/** Where everything that waits is shown: what was held on its way, and what the agent asked for. */
export interface ItemDesk extends ProposalDesk {
  show(item: Proposal | Question): Promise<void>;
  /** Shows it changed; nobody is told once more. */
  renew(item: Proposal | Question): Promise<void>;
}

/** The host process's side of everything that one bottle asks its operator. */
export interface Asking {
  readonly desk: ItemDesk;
  /** Questions are claimed from it, too. */
  hold(holder: QuestionHolder): void;
  /** Before it nothing can be answered. */
  attach(gateway: RequestHolder & Pick<Gateway, "apply">, audit: AuditSink): void;
  answer(request: ApprovalRequest): Promise<unknown>;
  /** Resolves when what becomes of requests to models is in force. */
  models(access: ModelAccess): Promise<void>;
  close(): Promise<void>;
}

/** Makes the folder in which proposals are shown. Errors: STATE_UNUSABLE. */
export async function openAsking({
  bottle,
  policy,
  paths,
  uid,
  say,
  announce,
  onShown,
  ...start
}: AskingStart): Promise<Asking> {
  const folder = await openProposals(paths.proposals, uid);
  let writer: PolicyWriter | null = null;
  let handle: ((request: ApprovalRequest) => Promise<unknown>) | null = null;
  const timeoutMs = policy.ask?.timeoutMs ?? ASK_TIMEOUT_MS;
  const ledger = start.ledger ?? createLedger(() => undefined);
  const holders: QuestionHolder[] = [];
  const shown = new Map<string, Proposal | Question>();
  const write = async (item: Proposal | Question): Promise<void> => {
    const before = shown.get(item.id);
    // Evidence is of the first time: what is shown must not change while somebody looks at it.
    const known = before !== undefined && "method" in before ? before.evidence : undefined;
    const whole = "method" in item ? { ...item, evidence: known ?? ledger.evidence(item) } : item;
    shown.set(item.id, whole);
    await folder.write(whole);
  };
  return {
    desk: {
      show: async (item) => {
        await write(item);
        if (announce) say("kind" in item ? questionLine(bottle, item) : announcement(bottle, item, timeoutMs));
        onShown?.(item);
      },
      renew: write,
      withdraw: (id) => {
        shown.delete(id);
        void folder.remove(id);
      },
    },
    hold: (holder) => void holders.push(holder),
    attach: (gateway, audit) => {
      writer = createPolicyWriter({
        policy,
        write: (next) => writePolicy(paths.policy, next),
        apply: (next, cause) => gateway.apply(next, cause),
        say: (line) => say(`bottle: ${bottle}: ${line}`),
      });
      const parts = { bottle, gateway, writer, audit, ledger, questions: holders, operator: operatorName() };
      ({ handle } = createApprovals({ ...parts, shown: () => [...shown.values()] }));
    },
    answer: async (request) => {
      if (handle === null) throw new BottleError("BOTTLE_NOT_RUNNING", `${bottle} is still being made`);
      return handle(request);
    },
    models: async (access) => {
      if (writer === null) throw new BottleError("BOTTLE_NOT_RUNNING", `${bottle} is still being made`);
      await writer.models(access);
    },
    close: async () => {
      await writer?.close();
      await folder.close();
    },
  };
}

/** Longest path and query of a line on the terminal; a host is never cut: its end says whose it is (attack row 132). */
const SHOWN = 80;

function announcement(bottle: string, proposal: Proposal, timeoutMs: number): string {
  const { id, method, scheme, authority, target, asked } = proposal;
  const what = `${method} ${scheme}://${printable(authority)}${printable(target, SHOWN)}`;
  if (asked !== undefined) {
    return `bottle: the agent of ${bottle} asks for access: ${what}\n  bottle approvals ${bottle} shows it whole; bottle allow ${id} --for 1h, or bottle deny ${id}`;
  }
  return `bottle: ${bottle} asks: ${what}\n  bottle approvals ${bottle} shows it whole; bottle allow ${id}, or bottle deny ${id}, within ${Math.round(timeoutMs / 1000)} s`;
}

function questionLine(bottle: string, { id, words }: Question): string {
  const [first = ""] = words.split("\n", 1);
  return `bottle: ${bottle} asks: ${printable(first, SHOWN)}\n  bottle approvals ${bottle} shows it whole; bottle allow ${id}, or bottle deny ${id}`;
}
